package faults_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// visit is one request of a browser, and what it was told.
type visit struct {
	what           string // who, patch, register, taken
	key            string // what it would change; empty where it changes nothing
	sent, answered time.Time
	status         int    // 0 without an answer
	code           string // of the problem
	trouble        string // no answer, or a wrong one
}

// diary is what happened, visit by visit.
type diary struct {
	mu     sync.Mutex // guards what follows
	visits []visit
}

func (d *diary) note(did visit) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.visits = append(d.visits, did)
}

// all is what happened since the n-th visit.
func (d *diary) all(since int) []visit {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]visit(nil), d.visits[since:]...)
}

func (d *diary) count() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.visits)
}

// served is when the first request sent after t was.
func (d *diary) served(t time.Time) time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return served(d.visits, t)
}

// visitors are concurrent clients of Onboarding at a steady rate.
type visitors struct {
	url    string
	people []person
	http   *http.Client
	gate   sync.RWMutex // held for reading by whoever is being served

	cancel context.CancelFunc
	busy   sync.WaitGroup

	diary
	values int // given so far, none of them twice; guarded as the diary is
}

func newVisitors(p *program, people []person) *visitors {
	return &visitors{url: p.url(), people: people, http: &http.Client{
		Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64},
	}}
}

// begin lets every person send so many requests a second until end.
func (v *visitors) begin(ctx context.Context, rate int) {
	ctx, v.cancel = context.WithCancel(ctx)
	for i := range v.people {
		v.busy.Go(func() {
			random := mathrand.New(mathrand.NewPCG(uint64(i), 7))
			tick := time.NewTicker(time.Second / time.Duration(rate))
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
				}
				v.gate.RLock()
				v.something(v.people[i], random.IntN(100))
				v.gate.RUnlock()
			}
		})
	}
}

// end stops the load and waits until everybody has an answer.
func (v *visitors) end() {
	v.cancel()
	v.busy.Wait()
}

// something sends one request of the mixture.
func (v *visitors) something(p person, dice int) {
	switch {
	case dice < 62:
		v.send(p, "who", http.MethodGet, "/v1/session", nil, "")
	case dice < 92:
		v.patch(p, "ftp")
	case dice < 95:
		v.register(p, p.email)
	default:
		v.register(p, "")
	}
}

// patch changes a threshold to a value that it never had.
func (v *visitors) patch(p person, kind string) visit {
	v.mu.Lock()
	v.values++
	value := float64(50000+v.values%150000) / 1000
	v.mu.Unlock()
	body := map[string]any{"thresholds": map[string]float64{kind: value}}
	return v.send(p, "patch", http.MethodPatch, "/v1/settings", body,
		fmt.Sprintf("%d/%s/%s", p.account, kind, strconv.FormatFloat(value, 'f', -1, 64)))
}

// register opens an account for an address; one that nobody has had where none is given.
func (v *visitors) register(p person, email string) visit {
	what, key := "taken", ""
	if email == "" {
		email = rand.Text() + "@example.com"
		what, key = "register", email
	}
	body := map[string]any{"email": email, "password": "correct horse battery", "accept_terms": true}
	return v.send(p, what, http.MethodPost, "/v1/accounts", body, key)
}

func (v *visitors) send(p person, what, method, path string, body any, key string) visit {
	did := visit{what: what, key: key, sent: time.Now()}
	var answer struct {
		Code      string
		AccountID int64 `json:"account_id"`
	}
	err := v.ask(p, method, path, body, &did.status, &answer)
	did.answered, did.code = time.Now(), answer.Code
	switch {
	case err != nil:
		did.trouble = err.Error()
	case what == "who" && did.status == http.StatusOK && answer.AccountID != p.account:
		did.trouble = fmt.Sprintf("was taken for account %d, is %d", answer.AccountID, p.account)
	}
	v.note(did)
	return did
}

func (v *visitors) ask(p person, method, path string, body any, status *int, answer any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequest(method, v.url+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Cookie", "session="+p.cookie)
	request.Header.Set("X-Forwarded-For", fmt.Sprintf("198.18.%d.%d", mathrand.N(256), mathrand.N(256))) // visitors share no address
	response, err := v.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	*status = response.StatusCode
	return json.NewDecoder(response.Body).Decode(answer)
}

// health is what the program says of its way to the database.
func (v *visitors) health() (state string) {
	var answer struct{ Database string }
	var status int
	if err := v.ask(person{}, http.MethodGet, "/v1/health", nil, &status, &answer); err != nil {
		return err.Error()
	}
	return answer.Database
}
