package cloudsim

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"
)

// authority signs certificates. An instance has two, as in the cloud: one for its own and one for its clients'.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// serverLifetime is how long the instance's own certificates are valid; longer than any simulation.
const serverLifetime = 10 * 365 * 24 * time.Hour

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template, err := certificateFor(pkix.Name{CommonName: name}, time.Now(), serverLifetime)
	if err != nil {
		return nil, err
	}
	template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	return &authority{certificate, key}, err
}

// sign gives the certificate in DER.
func (a *authority) sign(template *x509.Certificate, public crypto.PublicKey) ([]byte, error) {
	return x509.CreateCertificate(rand.Reader, template, a.certificate, public, a.key)
}

func certificateFor(name pkix.Name, now time.Time, lifetime time.Duration) (*x509.Certificate, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return nil, err
	}
	return &x509.Certificate{
		SerialNumber: serial, Subject: name, NotBefore: now.Add(-time.Minute), NotAfter: now.Add(lifetime),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}, nil
}

func pemOf(der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// makeCertificates makes the two authorities and every certificate that the endpoint may show: the right one, and those
// of the faults.
func (i *SQLInstance) makeCertificates() (err error) {
	if i.servers, err = newAuthority("server CA"); err != nil {
		return fmt.Errorf("make server CA: %w", err)
	}
	if i.clients, err = newAuthority("client CA"); err != nil {
		return fmt.Errorf("make client CA: %w", err)
	}
	stranger, err := newAuthority("another CA")
	if err != nil {
		return fmt.Errorf("make another CA: %w", err)
	}
	name := i.config.Project + ":" + i.config.Instance
	i.shown = map[string]tls.Certificate{}
	for fault, by := range map[string]struct {
		signer *authority
		name   string
	}{
		"":                   {i.servers, name},
		CertificateOtherCA:   {stranger, name},
		CertificateOtherName: {i.servers, name + "-other"},
	} {
		if i.shown[fault], err = serverCertificate(by.signer, by.name); err != nil {
			return fmt.Errorf("make server certificate: %w", err)
		}
	}
	trusted := x509.NewCertPool()
	trusted.AddCert(i.clients.certificate)
	i.tls = &tls.Config{
		MinVersion: tls.VersionTLS13, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: trusted,
		Time:                   i.state.now,
		SessionTicketsDisabled: true, // every connection shows its certificate
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
			shown := i.shown[i.state.certificate()]
			return &shown, nil
		},
	}
	return nil
}

func serverCertificate(signer *authority, name string) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template, err := certificateFor(pkix.Name{CommonName: name}, time.Now(), serverLifetime)
	if err != nil {
		return tls.Certificate{}, err
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	der, err := signer.sign(template, key.Public())
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
}

// byIAM is the organizational unit in a client's certificate that was asked for with a login token. The cloud puts the
// token itself there; who holds the certificate needs no password.
const byIAM = "iam-login"

// clientCertificate makes a client's certificate in PEM.
func (i *SQLInstance) clientCertificate(public crypto.PublicKey, iam bool) (string, error) {
	name := pkix.Name{CommonName: "ephemeral"}
	if iam {
		name.OrganizationalUnit = []string{byIAM}
	}
	template, err := certificateFor(name, i.state.now(), i.config.CertificateLifetime)
	if err != nil {
		return "", err
	}
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	der, err := i.clients.sign(template, public)
	return pemOf(der), err
}
