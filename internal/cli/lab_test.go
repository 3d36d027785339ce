package cli

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"inkling/lab"

	"github.com/rogpeppe/go-internal/testscript"
)

// freeAddress is an address of the loopback that nothing listens on. Its port is none
// of those that systems hand out, lest another program is given it meanwhile.
func freeAddress() (string, error) {
	var err error
	for range 100 {
		var on net.Listener
		if on, err = net.Listen("tcp", fmt.Sprint("127.0.0.1:", 20_000+rand.N(10_000))); err == nil {
			return on.Addr().String(), on.Close()
		}
	}
	return "", err
}

// visit opens the lab at an address as a page does, as soon as it is there, and waits until a net has learned something; with a model's name it is asked.
func visit(ts *testscript.TestScript, neg bool, args []string) {
	client := &http.Client{Timeout: 5 * time.Minute}
	defer client.CloseIdleConnections()
	begun := time.Now()
	for {
		a, err := client.Get("http://" + args[0] + "/")
		if err == nil {
			text, _ := io.ReadAll(a.Body)
			a.Body.Close()
			if a.StatusCode != 200 || !strings.Contains(string(text), "<title>Inkling") {
				ts.Fatalf("the page: %s %s", a.Status, text)
			}
			break
		}
		if time.Since(begun) > 2*time.Minute { // two seconds on a machine that does nothing else
			ts.Fatalf("no lab after %v: %v", time.Since(begun), err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(args) > 1 {
		var state lab.State
		ts.Check(askLab(client, "http://"+args[0]+"/api/state", &state))
		if len(state.Models) != 1 || state.Models[0].ID != args[1] || len(state.Runs) != 0 {
			ts.Fatalf("the lab has %+v", state)
		}
		var judged lab.Judged
		ts.Check(askLab(client, "http://"+args[0]+"/api/judge?model="+args[1], &judged))
		if judged.Images != 60 {
			ts.Fatalf("judged on %d images", judged.Images)
		}
		return
	}
	a, err := client.Get("http://" + args[0] + "/api/events")
	ts.Check(err)
	defer a.Body.Close()
	lines := bufio.NewScanner(a.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Event    string
			Accuracy float64
		}
		if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			ts.Check(json.Unmarshal([]byte(text), &e))
		}
		if e.Event == "epoch" && e.Accuracy > 0.3 {
			return
		}
	}
	ts.Fatalf("the stream ended before anything was learned: %v", lines.Err())
}

func askLab(client *http.Client, address string, v any) error {
	a, err := client.Get(address)
	if err != nil {
		return err
	}
	defer a.Body.Close()
	if a.StatusCode != 200 {
		return fmt.Errorf("%s: %s", address, a.Status)
	}
	return json.NewDecoder(a.Body).Decode(v)
}

// Beyond the loopback there is a token, and the address is one that others can reach.
func TestLabAddress(t *testing.T) {
	l := &laboratory{app: &app{}}
	for at, want := range map[string]string{"127.0.0.1:80": "http://127.0.0.1:80/", "[::1]:2828": "http://[::1]:2828/"} {
		got, opt := l.address(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(at)), "localhost", lab.ServerOptions{})
		if got != want || opt.Token != "" {
			t.Errorf("%s is %s with token %q", at, got, opt.Token)
		}
	}
	tokens := map[string]bool{}
	for _, at := range []string{"0.0.0.0:80", "[::]:80", "192.168.1.2:80"} {
		got, opt := l.address(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(at)), "", lab.ServerOptions{})
		if len(opt.Token) < 20 || tokens[opt.Token] || !strings.HasSuffix(got, "/?token="+opt.Token) {
			t.Errorf("%s is %s with token %q", at, got, opt.Token)
		}
		tokens[opt.Token] = true
	}
}
