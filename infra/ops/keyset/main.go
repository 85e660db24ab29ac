// Command keyset prints a new keyset for TOKEN_KEYSET. It is a secret: pipe it to where it is kept.
package main

import (
	"fmt"
	"os"

	"github.com/train-d/train-d/shared/secret"
)

func main() {
	keyset, err := secret.NewKeyset()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(keyset)
}
