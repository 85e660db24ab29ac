package cloudsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/cloudsim"
)

// startSQL starts an instance whose backend sends back what it gets.
func startSQL(t *testing.T) *cloudsim.SQLInstance {
	t.Helper()
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = echo.Close() })
	go func() {
		for {
			conn, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	i, err := cloudsim.StartSQL(t.Context(), cloudsim.SQLConfig{
		Project: project, Region: "europe-west1", Instance: "main", Backend: echo.Addr().String(),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Close(); err != nil {
			t.Error(err)
		}
	})
	return i
}

const sqlPath = "/sql/v1beta4/projects/" + project + "/instances/main"

var bearer = http.Header{"Authorization": {"Bearer token"}}

// ephemeral asks the Admin API for a client certificate, as a connector does.
func ephemeral(t *testing.T, i *cloudsim.SQLInstance) tls.Certificate {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	asked, err := json.Marshal(map[string]string{
		"public_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: public})),
	})
	if err != nil {
		t.Fatal(err)
	}
	status, body := call(t, http.MethodPost, i.AdminURL()+sqlPath+":generateEphemeralCert", string(asked), bearer)
	var answer struct{ EphemeralCert struct{ Cert string } }
	if err := json.Unmarshal([]byte(body), &answer); err != nil || status != http.StatusOK {
		t.Fatalf("got %d %s", status, body)
	}
	block, _ := pem.Decode([]byte(answer.EphemeralCert.Cert))
	return tls.Certificate{Certificate: [][]byte{block.Bytes}, PrivateKey: key}
}

// say sends a line through the endpoint and gives what came back.
func say(t *testing.T, i *cloudsim.SQLInstance, line string, certificates ...tls.Certificate) (string, error) {
	t.Helper()
	_, private := i.Addresses()
	conn, err := net.Dial("tcp", private)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	// Whose certificate it is, is the connector's to verify.
	client := tls.Client(conn, &tls.Config{InsecureSkipVerify: true, Certificates: certificates})
	if _, err := client.Write([]byte(line)); err != nil {
		return "", err
	}
	heard := make([]byte, len(line))
	n, err := io.ReadFull(client, heard)
	return string(heard[:n]), err
}

func TestEndpointTakesCertificatesOfItsAdminAPIOnly(t *testing.T) {
	t.Parallel()
	i, other := startSQL(t), startSQL(t)
	if heard, err := say(t, i, "hello", ephemeral(t, i)); err != nil || heard != "hello" {
		t.Errorf("got %q and %v, want hello", heard, err)
	}
	if _, err := say(t, i, "hello"); err == nil {
		t.Error("a client without a certificate was served")
	}
	if _, err := say(t, i, "hello", ephemeral(t, other)); err == nil {
		t.Error("a client with another instance's certificate was served")
	}
	if _, err := say(t, i, "hello", selfSigned(t)); err == nil {
		t.Error("a client with a certificate of its own was served")
	}
	waitFor(t, "three strangers counted", func() bool { return i.Stats().Strangers == 3 })
}

func selfSigned(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestExpiredClientCertificateIsRefused(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	old := ephemeral(t, i)
	if _, err := say(t, i, "hello", old); err != nil {
		t.Fatal(err)
	}
	i.ExpireCertificates()
	if _, err := say(t, i, "hello", old); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("got %v, want the certificate expired", err)
	}
	waitFor(t, "strike", func() bool { return i.Stats().Struck.Expired == 1 })
	if _, err := say(t, i, "hello", ephemeral(t, i)); err != nil {
		t.Errorf("a new certificate: %v", err)
	}
}

func TestConnectionIsCutAfterItsBytes(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	certificate := ephemeral(t, i)
	for name, faults := range map[string]cloudsim.SQLFaults{
		"to the client": {CutToClient: 3}, "to the server": {CutToServer: 3},
	} {
		i.SetFaults(faults)
		heard, err := say(t, i, "hello", certificate)
		if !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
			t.Errorf("%s: got %v, want an end without farewell", name, err)
		}
		if faults.CutToClient > 0 && heard != "hel" {
			t.Errorf("%s: got %q, want 3 bytes", name, heard)
		}
	}
	if got := i.Stats().Struck.Cut; got != 2 {
		t.Errorf("got %d strikes, want 2", got)
	}
	i.SetFaults(cloudsim.SQLFaults{})
	if _, err := say(t, i, "hello", certificate); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAdminAPIRefuses(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	settings := i.AdminURL() + sqlPath + "/connectSettings"
	for _, c := range []struct {
		name, method, url string
		header            http.Header
		want              int
	}{
		{"settings", http.MethodGet, settings, bearer, http.StatusOK},
		{"no token", http.MethodGet, settings, nil, http.StatusUnauthorized},
		{"another instance", http.MethodGet, strings.Replace(settings, "main", "other", 1), bearer, http.StatusNotFound},
		{"another project", http.MethodGet, strings.Replace(settings, project, "other", 1), bearer, http.StatusNotFound},
		{"no key", http.MethodPost, i.AdminURL() + sqlPath + ":generateEphemeralCert", bearer, http.StatusBadRequest},
		{"another method", http.MethodPost, i.AdminURL() + sqlPath + ":restart", bearer, http.StatusNotFound},
	} {
		if status, body := call(t, c.method, c.url, "{}", c.header); status != c.want {
			t.Errorf("%s: got %d %s, want %d", c.name, status, body, c.want)
		}
	}
}

func TestSQLControlAPI(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	faults := i.AdminURL() + "/_cloud/sql/faults"
	if status, body := call(t, http.MethodPut, faults, `{"admin_status": 429}`, nil); status != http.StatusOK {
		t.Fatalf("got %d %s", status, body)
	}
	if status, _ := call(t, http.MethodGet, i.AdminURL()+sqlPath+"/connectSettings", "", bearer); status != http.StatusTooManyRequests {
		t.Errorf("got %d, want 429", status)
	}
	_, body := call(t, http.MethodGet, i.AdminURL()+"/_cloud/sql/stats", "", nil)
	var stats cloudsim.SQLStats
	if err := json.Unmarshal([]byte(body), &stats); err != nil || stats.Struck.AdminStatus != 1 {
		t.Errorf("got %s and %v, want one strike", body, err)
	}
	for _, wrong := range []string{`{"admin_status": 200}`, `{"certificate": "none"}`, `{"cut_to_client": -1}`, `{"unknown": 1}`} {
		if status, _ := call(t, http.MethodPut, faults, wrong, nil); status != http.StatusBadRequest {
			t.Errorf("%s: got %d, want 400", wrong, status)
		}
	}
	if got := i.Faults(); got != (cloudsim.SQLFaults{AdminStatus: 429}) {
		t.Errorf("got %+v after orders that were refused", got)
	}
	page := http.Header{"Origin": {"http://example.com"}}
	for _, target := range []struct{ method, path string }{
		{http.MethodGet, "stats"}, {http.MethodPut, "faults"}, {http.MethodPost, "expire"}, {http.MethodPost, "cut"},
	} {
		if status, _ := call(t, target.method, i.AdminURL()+"/_cloud/sql/"+target.path, "{}", page); status != http.StatusForbidden {
			t.Errorf("%s from a web page: got %d, want 403", target.path, status)
		}
	}
}

func TestInstanceListensOnLoopbackOnlyUntilItsEnd(t *testing.T) {
	t.Parallel()
	i := startSQL(t)
	public, private := i.Addresses()
	all := []string{public, private, i.PlainAddress(), strings.TrimPrefix(i.AdminURL(), "http://")}
	for _, address := range all {
		host, _, err := net.SplitHostPort(address)
		if err != nil || !net.ParseIP(host).IsLoopback() {
			t.Errorf("%s: not a loopback address (%v)", address, err)
		}
		conn, err := net.Dial("tcp", address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = conn.Close()
	}
	if err := i.Close(); err != nil {
		t.Error(err)
	}
	for _, address := range all {
		if conn, err := net.Dial("tcp", address); err == nil {
			_ = conn.Close()
			t.Errorf("%s: somebody listens after the end", address)
		}
	}
	_, err := cloudsim.StartSQL(t.Context(), cloudsim.SQLConfig{
		Project: project, Region: "r", Instance: "i", Backend: "127.0.0.1:1", PublicIP: "192.0.2.1",
	})
	if err == nil || !strings.Contains(err.Error(), "loopback") {
		t.Errorf("got %v for an address that is not loopback", err)
	}
}
