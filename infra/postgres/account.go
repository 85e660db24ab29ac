package postgres

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct {
	uid, gid int
	// switched says that it is another user than this process's, because this process is root's and PostgreSQL refuses
	// to run as root.
	switched bool
}

// serverAccount picks the user that the server runs as: this process's own, or for root postgres, else nobody. A number
// without an entry in the user database would not do: PostgreSQL looks its user up.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		found, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(found.Uid)
		gid, gidErr := strconv.Atoi(found.Gid)
		// Some systems give nobody the number -2, as an unsigned one.
		if uidErr == nil && gidErr == nil && uid > 0 && gid >= 0 {
			return account{uid: uid, gid: gid, switched: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root and there is no user postgres or nobody: " +
		"make one (useradd --system postgres) or run as an ordinary user")
}

// sysProcAttr starts a child as the account, in a process group of its own: Ctrl-C in a terminal reaches this process
// only, which stops the server after what uses it.
func (a account) sysProcAttr() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if a.switched {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	dieWithParent(attr)
	return attr
}

// own hands a file or folder to the account.
func (a account) own(path string) error {
	if !a.switched {
		return nil
	}
	return os.Chown(path, a.uid, a.gid)
}

// canEnter says whether the account may pass through a folder and everything above it.
func (a account) canEnter(dir string) (bool, error) {
	if !a.switched {
		return true, nil
	}
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return false, err
	}
	for {
		info, err := os.Stat(resolved)
		if err != nil {
			return false, err
		}
		if !a.mayPass(info) {
			return false, nil
		}
		parent := filepath.Dir(resolved)
		if parent == resolved {
			return true, nil
		}
		resolved = parent
	}
}

func (a account) mayPass(info os.FileInfo) bool {
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	switch {
	case int(owner.Uid) == a.uid:
		return info.Mode()&0o100 != 0
	case int(owner.Gid) == a.gid:
		return info.Mode()&0o010 != 0
	}
	return info.Mode()&0o001 != 0
}

// locationFile stands in the folder that was asked for and names the one that is used in its place.
const locationFile = "location"

// home returns the folder for the server's files: the one asked for, or, where the account cannot enter that, a private
// one in the temporary folder, whose name is kept in the one asked for so that the next start finds it again.
func (a account) home(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	enter, err := a.canEnter(filepath.Dir(dir))
	if err != nil {
		return "", err
	}
	if enter {
		return dir, errors.Join(os.Chmod(dir, 0o700), a.own(dir))
	}
	if kept, err := relocated(dir); err != nil {
		return "", err
	} else if kept != "" {
		return kept, nil
	}
	for _, temp := range []string{os.TempDir(), "/tmp", "/var/tmp"} {
		if enter, err := a.canEnter(temp); err != nil || !enter {
			continue
		}
		private, err := os.MkdirTemp(temp, "train-d-postgres-")
		if err != nil {
			return "", err
		}
		note := os.WriteFile(filepath.Join(dir, locationFile), []byte(private+"\n"), 0o600)
		return private, errors.Join(note, a.own(private))
	}
	return "", fmt.Errorf("user %d cannot enter %s nor the temporary folder: choose another folder", a.uid, dir)
}
