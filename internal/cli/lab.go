package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"inkling/classifier"
	"inkling/data"
	"inkling/data/source"
	"inkling/lab"

	"github.com/spf13/cobra"
)

// labOpens is what lab prints as JSON when it can be visited.
type labOpens struct {
	Event   string   `json:"event"` // "lab"
	Address string   `json:"address"`
	Data    []string `json:"data"` // the first is the usual one
	Model   string   `json:"model,omitempty"`
	Token   bool     `json:"token"` // the address holds one
}

// labAddress is where the lab is if nothing else is said.
const labAddress = "127.0.0.1:2828"

// Built-in digits of the lab: enough to learn from, and drawn within a second.
const labTrain, labTest = 6000, 1000

// laboratory is the command lab.
type laboratory struct {
	*app
	model, data, addr string
	stay, chosen      bool // open no browser; the address was given
}

func (a *app) labCommand() *cobra.Command {
	l := &laboratory{app: a}
	c := &cobra.Command{
		Use:   "lab [MODEL]",
		Short: "Serve the lab: draw, watch a net learn, open it up",
		Long: `Serve the lab, a page on this machine, and open it in the browser: draw a digit and
see the answer form; start trainings, pause, step and fork them, and scrub through
what they have learned; unfold any number into the sum that made it.

Trainings use MNIST where it is on this machine, else the built-in digits; --data
names other images. Nothing is downloaded. A MODEL is loaded beside them.

The page is for this machine alone. With another --addr the address that is printed
holds a token, and only who opens it gets in; what is sent is not encrypted. Ctrl-C
ends the lab and its trainings.`,
		Example: `  inkling lab
  inkling lab inkling-model.safetensors --data path/to/images`,
		Args: oneArgAtMost("MODEL"),
	}
	c.Flags().StringVar(&l.data, "data", "", "images to train on and to judge with: a name or a path, as for train")
	c.Flags().StringVar(&l.addr, "addr", labAddress, "HOST:PORT to serve on; port 0 is any that is free")
	c.Flags().BoolVar(&l.stay, "no-open", false, "open no browser")
	c.RunE = func(c *cobra.Command, args []string) error {
		if len(args) == 1 {
			l.model = args[0]
		}
		l.chosen = c.Flags().Changed("addr")
		if c.Flags().Changed("data") && l.data == "" {
			return usagef("--data names no images")
		}
		return l.run(c.Context())
	}
	return c
}

func (l *laboratory) run(ctx context.Context) error {
	host, _, err := net.SplitHostPort(l.addr)
	if err != nil {
		return usagef("--addr %s: want HOST:PORT, such as %s", quote(l.addr), labAddress)
	}
	var file *classifier.Model
	if l.model != "" { // before anything is served: a wrong file is said at once
		if file, err = loadModel(l.model); err != nil {
			return err
		}
	}
	names, open, err := l.sources(ctx)
	if err != nil {
		return err
	}
	on, err := l.listen()
	if err != nil {
		return err
	}
	defer on.Close()
	at := lab.New(lab.Options{Data: names, Open: open})
	defer at.Close()
	opens := labOpens{Event: "lab", Data: names}
	opt := lab.ServerOptions{Welcome: file == nil, Log: func(err error) { fmt.Fprintf(l.err, "inkling: %s\n", oneLine(err.Error())) }}
	if file != nil {
		if _, err := at.Add(file, filepath.Base(l.model)); err != nil {
			return err
		}
		opens.Model = l.model
	}
	if opens.Address, opt = l.address(on.Addr(), host, opt); opt.Token != "" {
		opens.Token = true
	}
	l.tell(opens)
	if !l.stay && hasDisplay() {
		if err := openBrowser(opens.Address); err != nil {
			fmt.Fprintf(l.err, "inkling: no browser could be opened: %s\n", oneLine(err.Error()))
		}
	}
	return lab.Serve(ctx, on, at, opt)
}

// sources are the data sets of the lab, and how to open them: those that were asked
// for are opened at once, to say what is wrong with them.
func (l *laboratory) sources(ctx context.Context) ([]string, func(context.Context, string) (*data.Dataset, error), error) {
	opt := source.Options{Offline: true, SynthTrain: labTrain, SynthTest: labTest}
	names := []string{source.Synth}
	first := map[string]*data.Dataset{}
	wanted := l.data
	if wanted == "" {
		wanted = "mnist"
	}
	opened, err := l.openOwn(ctx, wanted, opt)
	switch {
	case err == nil:
		l.warnings(opened)
		if first[opened.Name] = opened.Dataset; opened.Name == source.Synth {
			break
		}
		names = append([]string{opened.Name}, names...)
	case l.data != "" || !errors.Is(err, source.ErrUnavailable):
		return nil, nil, err
	}
	return names, func(ctx context.Context, name string) (*data.Dataset, error) {
		if ds := first[name]; ds != nil {
			return ds, nil
		}
		opened, err := source.Open(ctx, name, opt)
		if err != nil {
			return nil, err
		}
		return opened.Dataset, nil
	}, nil
}

// listen takes the address; where nobody asked for it and another program has it, a
// free port of the loopback.
func (l *laboratory) listen() (net.Listener, error) {
	on, err := net.Listen("tcp", l.addr)
	if err != nil && !l.chosen && errors.Is(err, syscall.EADDRINUSE) {
		fmt.Fprintf(l.err, "inkling: %s is taken, perhaps by another lab; this one gets another port\n", l.addr)
		return net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return nil, fmt.Errorf("--addr %s: %w; port 0 takes any that is free", quote(l.addr), plainNet(err))
	}
	return on, nil
}

// plainNet is a network error without the address, which is named beside it.
func plainNet(err error) error {
	var op *net.OpError
	if errors.As(err, &op) {
		return cause(op.Err)
	}
	return err
}

// address is what to open in a browser. Beyond the loopback it holds a token.
func (l *laboratory) address(on net.Addr, host string, opt lab.ServerOptions) (string, lab.ServerOptions) {
	tcp := on.(*net.TCPAddr).AddrPort()
	at := url.URL{Scheme: "http", Path: "/", Host: tcp.String()}
	addr := tcp.Addr().Unmap()
	if addr.IsLoopback() {
		at.Host = netip.AddrPortFrom(addr, tcp.Port()).String()
		return at.String(), opt
	}
	opt.Token = rand.Text()
	if host != "" {
		opt.Names = append(opt.Names, host)
	}
	if name, err := os.Hostname(); err == nil {
		opt.Names = append(opt.Names, name, name+".local")
	}
	if addr.IsUnspecified() { // of all addresses one that others can reach
		addr = reachable(addr)
	}
	at.Host = netip.AddrPortFrom(addr, tcp.Port()).String()
	at.RawQuery = url.Values{"token": {opt.Token}}.Encode()
	return at.String(), opt
}

// reachable is the first address of this machine that is none of the loopback's.
func reachable(otherwise netip.Addr) netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return otherwise
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() && !p.Addr().IsLinkLocalUnicast() {
			return p.Addr()
		}
	}
	return otherwise
}

func (l *laboratory) tell(e labOpens) {
	if l.json {
		emit(l.out, e)
		return
	}
	s := newScreen(l.out)
	s.sentence("", "The lab is at %s", s.accent(e.Address))
	about := "It learns from " + e.Data[0] + "."
	if e.Data[0] == source.Synth && l.data == "" {
		about = "MNIST is not on this machine, so it learns from digits drawn by program."
	}
	if e.Model != "" {
		about += fmt.Sprintf(" The model %s is loaded.", quote(display(e.Model)))
	}
	s.sentence("", "%s", about)
	if e.Token {
		s.sentence("", "Whoever has this address gets in; what is sent is not encrypted.")
	}
	s.sentence("", "Ctrl-C ends it.")
}

// openWithin is how long a browser may take to be started.
const openWithin = 10 * time.Second

// hasDisplay reports whether there is a screen for a browser.
func hasDisplay() bool {
	return !wantsDisplay || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}
