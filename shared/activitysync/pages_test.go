package activitysync

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/train-d/train-d/infra/stravasim"
	"github.com/train-d/train-d/shared/fault"
	"github.com/train-d/train-d/shared/store"
)

func TestExpiredStreamsComeBackOnDemand(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 3})
	s.connect(cyclist)
	s.drain()
	activity := s.truth(cyclist)[0].ID
	want, _, err := s.service.Streams(s.ctx(), s.account, activity)
	if err != nil || want.Len() == 0 {
		t.Fatalf("%d samples, %v", want.Len(), err)
	}
	s.pass(8 * 24 * time.Hour)
	calls := s.calls("streams")
	for range 3 { // a page that asks again and again causes one call
		_, dueID, err := s.service.Streams(s.ctx(), s.account, activity)
		if f, ok := fault.As(err); !ok || f.Code != "streams-pending" || f.RetryAfter == 0 || dueID == 0 {
			t.Fatalf("due %d, %v", dueID, err)
		}
	}
	if err := s.wake(); err != nil {
		t.Fatal(err)
	}
	got, _, err := s.service.Streams(s.ctx(), s.account, activity)
	if err != nil || got.Len() != want.Len() {
		t.Errorf("%d samples, want %d (%v)", got.Len(), want.Len(), err)
	}
	if again := s.calls("streams") - calls; again != 1 {
		t.Errorf("%d calls, want 1", again)
	}
}

func TestAManualActivityHasNoStreams(t *testing.T) {
	t.Parallel()
	s := setup(t, stravasim.Config{Activities: 2})
	var added struct{ ID int64 }
	answer := s.control(http.MethodPost, "/athletes/"+strconv.FormatInt(cyclist, 10)+"/activities", map[string]any{"manual": true})
	if err := json.Unmarshal(answer, &added); err != nil {
		t.Fatal(err)
	}
	s.connect(cyclist)
	s.drain()
	_, _, err := s.service.Streams(s.ctx(), s.account, added.ID)
	if f, ok := fault.As(err); !ok || f.Code != "no-streams" || f.Kind != fault.NotFound {
		t.Errorf("got %v", err)
	}
	if got := s.calls("streams"); got != len(s.truth(cyclist))-1 {
		t.Errorf("%d calls for streams", got)
	}
}

func TestUnknownPageKeysAreRefused(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"x", "1.", ".1", "1.2.3", strings.Repeat("z", 40) + ".1"} {
		if _, _, err := parsePageKey(key); fault.KindOf(err) != fault.Invalid {
			t.Errorf("%q: %v", key, err)
		}
	}
	at, id, err := parsePageKey(pageKey(store.Activity{ID: 1 << 40, StartAt: time.UnixMicro(1_700_000_000_123_456)}))
	if err != nil || id != 1<<40 || at.UnixMicro() != 1_700_000_000_123_456 {
		t.Errorf("%v %d %v", at, id, err)
	}
}

func FuzzPageKey(f *testing.F) {
	f.Add(pageKey(store.Activity{ID: 1 << 40, StartAt: time.UnixMicro(1_700_000_000_123_456)}))
	f.Add("-1.-1")
	f.Add("zzzzzzzzzzzzz.1")
	f.Fuzz(func(t *testing.T, key string) {
		at, id, err := parsePageKey(key)
		if err != nil {
			if fault.KindOf(err) != fault.Invalid {
				t.Errorf("%q: %v", key, err)
			}
			return
		}
		again, same, err := parsePageKey(pageKey(store.Activity{ID: id, StartAt: at}))
		if err != nil || !again.Equal(at) || same != id {
			t.Errorf("%q: %v %d, then %v %d, %v", key, at, id, again, same, err)
		}
	})
}
