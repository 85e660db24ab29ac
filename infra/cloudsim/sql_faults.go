package cloudsim

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What the endpoint may show in place of its certificate: [SQLFaults.Certificate].
const (
	CertificateOtherCA   = "other-ca"   // signed by an authority that the Admin API does not name
	CertificateOtherName = "other-name" // of another instance
)

// SQLFaults are what goes wrong at an instance, by order. All but PlainDown leave the plain port alone. The zero value is a
// day without any.
type SQLFaults struct {
	// AdminDelay is how long each answer of the Admin API takes, in milliseconds.
	AdminDelay int `json:"admin_delay_ms"`
	// AdminStatus is what the Admin API answers with, as 403, 404, 429 or 500; 0 leaves it alone.
	AdminStatus int `json:"admin_status"`
	// Certificate is [CertificateOtherCA] or [CertificateOtherName]; empty is the right one.
	Certificate string `json:"certificate"`
	// CutToClient and CutToServer break each connection off once it has carried as many bytes in that direction since the
	// order; 0 breaks none.
	CutToClient int64 `json:"cut_to_client"`
	CutToServer int64 `json:"cut_to_server"`
	// Refuse resets every new connection. It is accepted first: a refusal by the machine itself could not be counted.
	Refuse bool `json:"refuse"`
	// BlackHole swallows what connections say and closes none, those that exist included. They stay lost when it ends.
	BlackHole bool `json:"black_hole"`
	// PlainDown breaks the connections of the plain port off and resets every new one.
	PlainDown bool `json:"plain_down"`
}

// SQLStats are counts since the start.
type SQLStats struct {
	ConnectSettings int `json:"connect_settings"` // answered calls of the Admin API
	Certificates    int `json:"certificates"`     // handed out
	Clients         int `json:"clients"`          // different keys among them: one per connector
	Public          int `json:"public"`           // connections accepted on the public address
	Private         int `json:"private"`          // and on the private one
	Plain           int `json:"plain"`            // and on the plain port
	Open            int `json:"open"`             // at present, black holes included
	Strangers       int `json:"strangers"`        // connections without a certificate of the Admin API
	Logins          int `json:"logins"`           // by IAM
	LoginsRefused   int `json:"logins_refused"`   // by IAM

	Struck SQLStrikes `json:"struck"`
}

// SQLStrikes is how often each fault struck.
type SQLStrikes struct {
	AdminDelay  int `json:"admin_delay"`
	AdminStatus int `json:"admin_status"`
	Certificate int `json:"certificate"`
	Expired     int `json:"expired"` // client certificates refused because their time was over, by order or not
	Cut         int `json:"cut"`
	Refuse      int `json:"refuse"`
	BlackHole   int `json:"black_hole"` // connections
	PlainDown   int `json:"plain_down"` // connections
}

// sqlState is what an instance's parts share.
type sqlState struct {
	mu          sync.Mutex
	faults      SQLFaults
	stats       SQLStats
	ahead       time.Duration // of the instance's clock
	keys        map[[32]byte]struct{}
	connections map[*sqlConnection]struct{}
	closed      bool
}

// SetFaults puts faults in force from now on; the zero value ends them.
func (i *SQLInstance) SetFaults(faults SQLFaults) {
	i.state.mu.Lock()
	defer i.state.mu.Unlock()
	i.state.faults = faults
	i.log.Info("faults ordered", "faults", faults)
	for c := range i.state.connections {
		c.toClient, c.toServer = 0, 0
		switch {
		case c.plain && faults.PlainDown:
			i.state.stats.Struck.PlainDown++
			c.reset()
		case !c.plain && faults.BlackHole && !c.hole:
			c.hole = true
			i.state.stats.Struck.BlackHole++
		}
	}
}

// Faults are those in force.
func (i *SQLInstance) Faults() SQLFaults {
	i.state.mu.Lock()
	defer i.state.mu.Unlock()
	return i.state.faults
}

// Stats is a snapshot of the counts.
func (i *SQLInstance) Stats() SQLStats {
	i.state.mu.Lock()
	defer i.state.mu.Unlock()
	stats := i.state.stats
	stats.Clients, stats.Open = len(i.state.keys), len(i.state.connections)
	return stats
}

// ExpireCertificates sets the instance's clock forward until every client certificate handed out so far has expired.
// Its clients' clocks do not know, so that only the endpoint finds out. Open connections live on.
func (i *SQLInstance) ExpireCertificates() {
	i.state.mu.Lock()
	defer i.state.mu.Unlock()
	i.state.ahead += i.config.CertificateLifetime + time.Second
}

// Cut breaks all open connections off and says how many there were.
func (i *SQLInstance) Cut() int {
	all := i.state.open()
	i.state.count(func(s *SQLStats) { s.Struck.Cut += len(all) })
	for _, c := range all {
		c.reset()
	}
	return len(all)
}

// now is the instance's clock.
func (s *sqlState) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Add(s.ahead)
}

func (s *sqlState) count(change func(*SQLStats)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.stats)
}

func (s *sqlState) certified(key [32]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key] = struct{}{}
	s.stats.Certificates++
}

func (s *sqlState) adminFaults() (delay time.Duration, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.AdminDelay > 0 {
		s.stats.Struck.AdminDelay++
	}
	if s.faults.AdminStatus != 0 {
		s.stats.Struck.AdminStatus++
	}
	return time.Duration(s.faults.AdminDelay) * time.Millisecond, s.faults.AdminStatus
}

func (s *sqlState) certificate() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.faults.Certificate != "" {
		s.stats.Struck.Certificate++
	}
	return s.faults.Certificate
}

func (s *sqlState) open() []*sqlConnection {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Keys(s.connections))
}

func (s *sqlState) closeAll() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	for _, c := range s.open() {
		c.reset()
	}
}

func (f SQLFaults) valid() bool {
	known := f.Certificate == "" || f.Certificate == CertificateOtherCA || f.Certificate == CertificateOtherName
	status := f.AdminStatus == 0 || (f.AdminStatus >= http.StatusBadRequest && f.AdminStatus < 600)
	return known && status && f.AdminDelay >= 0 && f.CutToClient >= 0 && f.CutToServer >= 0
}
