// Command keyset prints a keyset for TOKEN_KEYSET. It is a secret: pipe it to where it is kept.
//
//	keyset                a new keyset of one key
//	keyset add     < old  the keyset with a fresh key more, which seals nothing yet
//	keyset promote < old  the keyset with the key that was added last as the one that seals
//	keyset drop    < old  the keyset with no key but the one that seals
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/train-d/train-d/shared/config"
	"github.com/train-d/train-d/shared/secret"
)

func main() {
	keyset, err := run(os.Args[1:], os.Stdin)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(keyset)
}

func run(args []string, input io.Reader) (string, error) {
	if len(args) == 0 {
		return secret.NewKeyset()
	}
	change, known := map[string]func(config.Secret) (string, error){
		"add": secret.AddKey, "promote": secret.PromoteKey, "drop": secret.DropKeys,
	}[args[0]]
	if !known || len(args) > 1 {
		return "", errors.New("usage: keyset [add | promote | drop], with the keyset before on the standard input")
	}
	old, err := io.ReadAll(input)
	if err != nil {
		return "", err
	}
	return change(config.NewSecret(string(old)))
}
