package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// answers are what clients got.
type answers struct {
	created, refused, failed int
	took                     []time.Duration // of the created
	elapsed                  time.Duration
}

// add counts others' answers too, beside the time that they took all together.
func (a *answers) add(b answers) {
	a.created += b.created
	a.refused += b.refused
	a.failed += b.failed
	a.took = append(a.took, b.took...)
}

// clients ask the address for registrations at once, each one after another on a connection of its own, until the
// duration is over and their last answer is there. They speak HTTP by hand: they share the machine with what they measure.
func clients(ctx context.Context, n int, address, tag string, duration time.Duration) answers {
	var (
		mu    sync.Mutex
		all   answers
		group sync.WaitGroup
	)
	began := time.Now()
	for i := range n {
		group.Go(func() {
			own := register(ctx, address, fmt.Sprintf("%s-%d", tag, i), began.Add(duration))
			mu.Lock()
			defer mu.Unlock()
			all.add(own)
		})
	}
	group.Wait()
	all.elapsed = time.Since(began)
	slices.Sort(all.took)
	return all
}

// register is one client.
func register(ctx context.Context, address, tag string, until time.Time) (got answers) {
	var (
		conn   net.Conn
		reader *bufio.Reader
		dialer net.Dialer
		err    error
	)
	defer func() {
		if conn != nil {
			_ = conn.Close()
		}
	}()
	for n := 0; time.Now().Before(until) && ctx.Err() == nil; n++ {
		began := time.Now()
		if conn == nil {
			if conn, err = dialer.DialContext(ctx, "tcp", address); err != nil {
				got.failed++
				return got
			}
			reader = bufio.NewReader(conn)
		}
		status, err := ask(conn, reader, address, fmt.Sprintf(`{"email":"%s-%d@example.com"}`, tag, n))
		switch {
		case err != nil:
			got.failed++
			_ = conn.Close()
			conn = nil
		case status == http.StatusCreated:
			got.created++
			got.took = append(got.took, time.Since(began))
		case status == http.StatusServiceUnavailable:
			got.refused++
		default:
			got.failed++
		}
	}
	return got
}

// answerLimit is how long a client waits for an answer; far beyond any proper one.
const answerLimit = 20 * time.Second

func ask(conn net.Conn, reader *bufio.Reader, address, body string) (status int, err error) {
	if err := conn.SetDeadline(time.Now().Add(answerLimit)); err != nil {
		return 0, err
	}
	_, err = fmt.Fprintf(conn, "POST /register HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s",
		address, len(body), body)
	if err != nil {
		return 0, err
	}
	response, err := http.ReadResponse(reader, nil)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, errors.Join(err, response.Body.Close())
}

// at is the duration that the given part of the sorted ones needed at most.
func at(took []time.Duration, part float64) time.Duration {
	if len(took) == 0 {
		return 0
	}
	return took[min(int(part*float64(len(took))), len(took)-1)]
}
