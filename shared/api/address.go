package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

type addressKey struct{}

// located notes where requests come from.
func located(hops int, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), addressKey{}, clientAddress(r, hops))))
	})
}

// addressOf is where the request comes from: an IPv4 address or an IPv6 network of 64 bits, which is one household's.
func addressOf(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

// clientAddress counts hops from the right of X-Forwarded-For: what stands further left anybody may have written. Where less
// stands there than the proxies write, the connection's own address counts.
func clientAddress(r *http.Request, hops int) string {
	steps := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if hops > 0 && len(steps) >= hops {
		if address, err := netip.ParseAddr(strings.TrimSpace(steps[len(steps)-hops])); err == nil {
			return network(address)
		}
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	address, err := netip.ParseAddr(host)
	if err != nil {
		return "unknown"
	}
	return network(address)
}

func network(address netip.Addr) string {
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // 64 bits there are
	return prefix.String()
}
