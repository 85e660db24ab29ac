package cloudsim

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// logIn is the endpoint's part of an IAM login. The client's certificate was made for a login token, so it is asked for
// no password; the endpoint logs in at the backend as the login that [SQLConfig.IAMLogins] names, tells the client what
// the backend answered, and both speak directly from then on. The token names nobody here: the user is believed. A
// connection that was refused, or only carried a request to cancel, gives nil.
func (i *SQLInstance) logIn(client *tls.Conn) (net.Conn, error) {
	wire := pgproto3.NewBackend(client, client)
	for {
		message, err := wire.ReceiveStartupMessage()
		if err != nil {
			return nil, fmt.Errorf("client before its login: %w", err)
		}
		switch m := message.(type) {
		case *pgproto3.StartupMessage:
			return i.logInAs(wire, m)
		case *pgproto3.CancelRequest:
			return nil, i.cancelAt(m)
		default: // SSLRequest, GSSEncRequest: there is TLS already
			if _, err := client.Write([]byte{'N'}); err != nil {
				return nil, fmt.Errorf("client before its login: %w", err)
			}
		}
	}
}

func (i *SQLInstance) logInAs(wire *pgproto3.Backend, m *pgproto3.StartupMessage) (net.Conn, error) {
	user := m.Parameters["user"]
	login, ok := i.config.IAMLogins[user]
	if !ok {
		return nil, i.refuseLogin(wire, &pgproto3.ErrorResponse{Severity: "FATAL", Code: "28000",
			Message: fmt.Sprintf("Cloud SQL IAM user authentication failed for user %q", user)})
	}
	config, err := pgconn.ParseConfig("postgres://" + i.config.Backend + "/?sslmode=disable")
	if err != nil {
		return nil, fmt.Errorf("log in at the backend: %w", err)
	}
	config.User, config.Password, config.Database = login.User, login.Password, m.Parameters["database"]
	config.RuntimeParams = maps.Clone(m.Parameters)
	delete(config.RuntimeParams, "user")
	delete(config.RuntimeParams, "database")
	config.ConnectTimeout = handshakeLimit
	var socket *borrowed
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		socket = &borrowed{Conn: dialed}
		return socket, nil
	}
	conn, err := pgconn.ConnectConfig(i.ctx, config)
	var answer *pgconn.PgError
	if errors.As(err, &answer) {
		return nil, i.refuseLogin(wire,
			&pgproto3.ErrorResponse{Severity: answer.Severity, Code: answer.Code, Message: answer.Message})
	}
	if err != nil {
		return nil, fmt.Errorf("log in at the backend: %w", err)
	}
	backend, err := conn.Hijack()
	if err != nil {
		return nil, fmt.Errorf("log in at the backend: %w", err)
	}
	own, err := socket.takeBack()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log in at the backend: %w", err), backend.Conn.Close())
	}
	wire.Send(&pgproto3.AuthenticationOk{})
	for name, value := range backend.ParameterStatuses {
		wire.Send(&pgproto3.ParameterStatus{Name: name, Value: value})
	}
	wire.Send(&pgproto3.BackendKeyData{ProcessID: backend.PID, SecretKey: backend.SecretKey})
	wire.Send(&pgproto3.ReadyForQuery{TxStatus: backend.TxStatus})
	if err := wire.Flush(); err != nil {
		return nil, errors.Join(err, own.Close())
	}
	i.state.count(func(s *SQLStats) { s.Logins++ })
	i.log.Info("logged in by IAM", "user", user, "as", login.User, "application", m.Parameters["application_name"])
	return own, nil
}

// borrowed is a connection lent to the driver for a login. Where a write of the driver's took long, as on a busy machine, it
// has begun to read in the background, and that read outlasts the login: it would take the answer to the first statement.
type borrowed struct {
	net.Conn
	reading sync.Mutex // held by whoever reads for the driver
	back    bool       // guarded by reading
}

// Read implements net.Conn for the driver.
func (b *borrowed) Read(into []byte) (int, error) {
	b.reading.Lock()
	defer b.reading.Unlock()
	if b.back {
		return 0, net.ErrClosed
	}
	return b.Conn.Read(into)
}

// takeBack ends the driver's read and gives the connection. Nothing may be on its way from the server.
func (b *borrowed) takeBack() (net.Conn, error) {
	if err := b.SetReadDeadline(time.Unix(1, 0)); err != nil {
		return nil, err
	}
	b.reading.Lock()
	defer b.reading.Unlock()
	b.back = true
	return b.Conn, b.SetReadDeadline(time.Time{})
}

func (i *SQLInstance) refuseLogin(wire *pgproto3.Backend, answer *pgproto3.ErrorResponse) error {
	i.state.count(func(s *SQLStats) { s.LoginsRefused++ })
	i.log.Warn("login by IAM refused", "code", answer.Code, "message", answer.Message)
	wire.Send(answer)
	return wire.Flush()
}

// cancelAt passes a request to cancel a statement on to the backend.
func (i *SQLInstance) cancelAt(m *pgproto3.CancelRequest) error {
	request, err := m.Encode(nil)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	backend, err := net.DialTimeout("tcp", i.config.Backend, handshakeLimit)
	if err != nil {
		return fmt.Errorf("cancel: %w", err)
	}
	_, err = backend.Write(request)
	return errors.Join(err, backend.Close())
}
