package database

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// Cause is the class of a connection's failure: what is told of it in statistics, events and health.
type Cause string

// Causes of a fallback or of an outage.
const (
	CauseConfiguration  Cause = "configuration"        // the settings describe no usable route
	CauseDNS            Cause = "dns"                  // the host's name has no address
	CauseRefused        Cause = "refused"              // nobody listens
	CauseTimeout        Cause = "timeout"              // no answer in time
	CauseTLS            Cause = "tls"                  // no TLS, or a certificate that is not trusted
	CauseAuthentication Cause = "authentication"       // the login was refused
	CauseDatabase       Cause = "database-missing"     // no such database
	CauseTooMany        Cause = "too-many-connections" // the server is full
	CauseStarting       Cause = "server-unready"       // the server starts, stops or recovers
	CauseConnector      Cause = "connector"            // Admin API or certificates of the Cloud SQL connector
	CauseNetwork        Cause = "network"              // any other break of the connection
	CauseExhausted      Cause = "exhausted"            // every pooled connection stayed busy
	CauseBreaker        Cause = "breaker-open"         // the pool failed a moment ago
	CauseClosed         Cause = "closed"               // the pool was closed: the instance ends
)

var (
	errExhausted = errors.New("every pooled connection stayed busy")
	errBreaker   = errors.New("the pool failed a moment ago")
	errSlow      = errors.New("no pooled connection in time")
	errClosed    = errors.New("the pool is closed")
	errNoneIdle  = errors.New("no pooled connection is idle")
)

// causeOf classes a failure to get a connection.
func causeOf(err error) Cause {
	var (
		answer  *pgconn.PgError
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		verify  *tls.CertificateVerificationError
		record  tls.RecordHeaderError
		through *connectorError
		dialled *pgconn.ConnectError
		netErr  net.Error
	)
	switch {
	case errors.Is(err, errExhausted):
		return CauseExhausted
	case errors.Is(err, errBreaker):
		return CauseBreaker
	case errors.Is(err, errClosed):
		return CauseClosed
	case errors.As(err, &answer):
		return causeOfAnswer(answer.Code)
	case errors.As(err, &through) && !through.reached:
		return CauseConnector // however it failed there: slow, refused, without an address
	case errors.As(err, &dns):
		return CauseDNS
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return CauseRefused
	case errors.Is(err, errSlow), errors.Is(err, context.DeadlineExceeded), errors.As(err, &netErr) && netErr.Timeout():
		return CauseTimeout
	case through != nil && (errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)):
		return CauseNetwork
	case through != nil:
		return CauseConnector // a certificate: the instance's, or the client's at the instance
	case errors.As(err, &verify), errors.As(err, &unknown), errors.As(err, &host), errors.As(err, &invalid),
		errors.As(err, &record), err != nil && strings.Contains(err.Error(), "server refused TLS connection"):
		return CauseTLS
	case errors.As(err, &dialled):
		return CauseNetwork
	default:
		return CauseConfiguration
	}
}

func causeOfAnswer(sqlstate string) Cause {
	switch {
	case strings.HasPrefix(sqlstate, "28"):
		return CauseAuthentication
	case sqlstate == "3D000":
		return CauseDatabase
	case strings.HasPrefix(sqlstate, "53"):
		return CauseTooMany
	case strings.HasPrefix(sqlstate, "57P"):
		return CauseStarting
	default:
		return CauseNetwork
	}
}
