package bench

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// demandTLS gives the server a certificate, where it looks for one by default.
func demandTLS(ctx context.Context, superuser *pgx.Conn) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	about := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &about, &about, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	var data string
	if err := superuser.QueryRow(ctx, "SHOW data_directory").Scan(&data); err != nil {
		return err
	}
	err = errors.Join(
		putFile(data, "server.crt", &pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		putFile(data, "server.key", &pem.Block{Type: "PRIVATE KEY", Bytes: private}))
	if err != nil {
		return err
	}
	if _, err := superuser.Exec(ctx, "ALTER SYSTEM SET ssl = on"); err != nil {
		return err
	}
	_, err = superuser.Exec(ctx, "SELECT pg_reload_conf()")
	return err
}

// putFile writes a file that belongs to whom its folder belongs to: the server reads no other's key.
func putFile(dir, name string, block *pem.Block) error {
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return err
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	return os.Chown(path, int(owner.Uid), int(owner.Gid))
}

// overTLS is the connection string by which a login reaches a database, encrypted.
func (b *Bench) overTLS(database, user string) string {
	return strings.Replace(b.server.DSN(database, user, b.password), "sslmode=disable", "sslmode=require", 1)
}
