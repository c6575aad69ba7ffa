package platform

import (
	"context"
	"errors"
	"time"

	"github.com/seed467724c4/wechat/core/wxapi"
)

const (
	// ticketLife is WeChat's (component_verify_ticket, "有效时间为12小时"). Pushes come
	// about every 10 minutes, so a gap of hours does no harm.
	ticketLife = 12 * time.Hour
	// keptTickets: the one before is good as well, in case the newest was cut off.
	keptTickets = 2
	// ticketName is the record's name.
	ticketName = "ticket"
	// componentName is the record's name.
	componentName = "component-token"
	// askAgain is how often WeChat is asked to push tickets again.
	askAgain = time.Minute
)

// ErrNoTicket: WeChat has not pushed a component_verify_ticket for 12 hours, or none
// yet. Without one the platform has no token and nobody can log in. WeChat was asked to
// push again (api_start_push_ticket). Check that pushes reach [Platform.EventHandler].
var ErrNoTicket = errors.New("wechat: the platform has no component_verify_ticket")

// ticketRecord are the last tickets, newest first.
type ticketRecord struct {
	Tickets []keptTicket `json:"tickets"`
}

type keptTicket struct {
	Ticket string `json:"ticket"`
	Made   int64  `json:"made"` // WeChat's CreateTime, Unix seconds
}

// keepTicket stores a ticket that was pushed. An older one never takes the place of a
// newer one: pushes are repeated and overtake each other.
func (p *Platform) keepTicket(ctx context.Context, ticket string, made time.Time) error {
	_, err := update(ctx, &p.records, ticketName, func(r *ticketRecord, _ bool) bool {
		for _, t := range r.Tickets {
			if t.Ticket == ticket {
				return false
			}
		}
		at := 0
		for at < len(r.Tickets) && r.Tickets[at].Made > made.Unix() {
			at++
		}
		if at == keptTickets {
			return false
		}
		kept := append([]keptTicket(nil), r.Tickets[:at]...)
		kept = append(append(kept, keptTicket{ticket, made.Unix()}), r.Tickets[at:]...)
		r.Tickets = kept[:min(len(kept), keptTickets)]
		return true
	})
	if err == nil {
		p.component.failed.Store(nil)
	}
	return err
}

// ComponentToken implements [core.Platform]: component_access_token, fetched when it is
// first needed and 5 minutes before its end. One node asks WeChat and the others wait.
// The error is [ErrNoTicket] while WeChat pushes no tickets.
func (p *Platform) ComponentToken(ctx context.Context, refused string) (string, error) {
	t, err := p.get(ctx, &p.component, componentName, refused, p.fetchComponentToken)
	return t.Token, err
}

// flight runs one call at a time for a key, on a context of its own: a caller that
// leaves does not fail the others.
func flight[T any](ctx context.Context, p *Platform, key string, run func(context.Context) (T, error)) (T, error) {
	done := p.flights.DoChan(key, func() (v any, err error) {
		ctx, cancel := context.WithTimeout(p.lifetime, flightTimeout)
		defer cancel()
		panicked := guarded(func() error { v, err = run(ctx); return nil })
		return v, errors.Join(err, panicked)
	})
	select {
	case r := <-done:
		v, _ := r.Val.(T)
		return v, r.Err
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
}

// flightTimeout bounds a call to WeChat with all its retries, the wait for another node
// and the store.
const flightTimeout = 30 * time.Second

// fetchComponentToken gets a token for a ticket. If no ticket is good, WeChat is asked
// to push one, and one that comes at once is used.
func (p *Platform) fetchComponentToken(ctx context.Context) (string, time.Duration, error) {
	token, life, err := p.tokenByTickets(ctx)
	if errors.Is(err, ErrNoTicket) && p.askForTickets(ctx) {
		token, life, err = p.tokenByTickets(ctx)
	}
	return token, life, err
}

// tokenByTickets tries the newest ticket and then the one before.
func (p *Platform) tokenByTickets(ctx context.Context) (string, time.Duration, error) {
	var kept ticketRecord
	if _, _, err := p.records.load(ctx, ticketName, &kept); err != nil {
		return "", 0, storeTrouble(err)
	}
	err := error(ErrNoTicket)
	for _, t := range kept.Tickets {
		if p.now().Sub(time.Unix(t.Made, 0)) >= ticketLife {
			continue
		}
		token, life, failed := p.api.Token(ctx, t.Ticket)
		if failed == nil {
			return token, life, nil
		}
		if !isTicketError(failed) {
			return "", 0, failed
		}
		err = errors.Join(ErrNoTicket, failed)
	}
	return "", 0, err
}

func isTicketError(err error) bool {
	var wx *wxapi.Error
	return errors.As(err, &wx) && (wx.Code == 61005 || wx.Code == 61006)
}

// askForTickets asks WeChat to push tickets again, at most once a minute, and raises
// the alarm. It says whether WeChat was asked.
func (p *Platform) askForTickets(ctx context.Context) bool {
	p.mu.Lock()
	now := p.now()
	due := p.asked.IsZero() || now.Sub(p.asked) >= askAgain || now.Before(p.asked)
	if due {
		p.asked = now
	}
	p.mu.Unlock()
	if !due {
		return false
	}
	err := p.StartTickets(ctx)
	p.config.logger().ErrorContext(ctx, "wechat: no component_verify_ticket is good: nobody can log in through the platform until WeChat pushes one to its 授权事件接收URL; WeChat was asked to push", "platform", p.config.AppID, "error", err)
	return err == nil
}

// StartTickets asks WeChat to push component_verify_ticket again
// (api_start_push_ticket). The platform does it by itself when it needs a ticket and has
// none.
func (p *Platform) StartTickets(ctx context.Context) error { return p.api.StartTickets(ctx) }

// withToken makes a call with the platform's token, and once more with another one if
// WeChat rejects the first.
func withToken[T any](ctx context.Context, p *Platform, call func(token string) (T, error)) (T, error) {
	token, err := p.ComponentToken(ctx, "")
	if err != nil {
		var none T
		return none, err
	}
	v, err := call(token)
	if wxapi.Classify(err) != wxapi.ClassRefresh {
		return v, err
	}
	if token, err = p.ComponentToken(ctx, token); err != nil {
		return v, err
	}
	return call(token)
}
