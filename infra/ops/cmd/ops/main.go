// Command ops is what the operator does by hand:
//
//	ops subscription show|create|renew|delete      the push subscription at Strava
//	ops dead-letters list|replay TOPIC [ID…]       messages that could not be handled
//	ops parked list|replay [ID…]                   due work that was set aside
//	ops parked-activities list|replay              activities whose samples Strava could not give
//	ops erasures                                   disconnected athletes whose erasure is not done
//
// With -local it works on the local system that runs from this checkout, else on what the environment names:
// STRAVA_CLIENT_ID, STRAVA_CLIENT_SECRET, WEBHOOK_URL, WEBHOOK_PATH and WEBHOOK_VERIFY_TOKEN for the subscription,
// GOOGLE_CLOUD_PROJECT for dead letters, DATABASE_URL for the rest, which needs the schema owner's login.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"cloud.google.com/go/pubsub/v2"
	"github.com/jackc/pgx/v5"

	"github.com/train-d/train-d/infra/ops"
	"github.com/train-d/train-d/shared/message"
	"github.com/train-d/train-d/shared/strava"
)

// most bounds what a list shows and a replay takes at a time.
const most = 1000

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "ops:", err)
		os.Exit(1)
	}
}

var errUsage = errors.New("usage: ops [-local] subscription|dead-letters|parked|parked-activities|erasures …; see `go doc ./infra/ops/cmd/ops`")

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("ops", flag.ContinueOnError)
	onLocal := flags.Bool("local", false, "work on the local system that runs from this checkout")
	if err := flags.Parse(args); err != nil {
		return err
	}
	where, err := targetOf(*onLocal)
	if err != nil {
		return err
	}
	args = append(flags.Args(), "", "", "")
	subject, verb, rest := args[0], args[1], flags.Args()[min(2, flags.NArg()):]
	switch subject {
	case "subscription":
		return subscription(ctx, where, verb, out)
	case "dead-letters":
		return deadLetters(ctx, where, verb, rest, out)
	case "parked", "parked-activities", "erasures":
		conn, err := where.connect(ctx)
		if err != nil {
			return err
		}
		defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
		return work(ctx, conn, subject, verb, rest, out)
	}
	return errUsage
}

func subscription(ctx context.Context, where target, verb string, out io.Writer) error {
	client := strava.NewClient(where.strava, nil)
	var shown []strava.Subscription
	switch verb {
	case "show":
		found, err := client.Subscriptions(ctx)
		if err != nil {
			return err
		}
		shown = found
	case "create", "renew":
		do := ops.CreateSubscription
		if verb == "renew" {
			do = ops.RenewSubscription
		}
		made, err := do(ctx, client, where.webhook)
		if err != nil {
			return err
		}
		shown = []strava.Subscription{made}
		fmt.Fprintf(out, "Set WEBHOOK_SUBSCRIPTION_ID=%d and deploy Webhook, so that it takes no other's events.\n", made.ID)
	case "delete":
		if err := ops.DeleteSubscriptions(ctx, client); err != nil {
			return err
		}
	default:
		return errUsage
	}
	if len(shown) == 0 {
		fmt.Fprintln(out, "There is no push subscription.")
	}
	for _, one := range shown {
		fmt.Fprintf(out, "Push subscription %d of %s, callback %s\n", one.ID, one.CreatedAt.Format(time.RFC3339), withoutPath(one.CallbackURL))
	}
	return nil
}

func deadLetters(ctx context.Context, where target, verb string, rest []string, out io.Writer) error {
	if len(rest) == 0 {
		return errors.New("name the topic: schedule, sync, mail or migrate")
	}
	client, err := pubsub.NewClient(ctx, where.project)
	if err != nil {
		return fmt.Errorf("open Pub/Sub: %w", err)
	}
	defer func() { _ = client.Close() }()
	letters, topic := &ops.DeadLetters{Client: client, Project: where.project}, message.Topic(rest[0])
	switch verb {
	case "list":
		found, err := letters.List(ctx, topic, most)
		for _, letter := range found {
			fmt.Fprintf(out, "%s  %s  %s  %s\n", letter.ID, letter.Published.Format(time.RFC3339), letter.Data, letter.Reason)
		}
		fmt.Fprintf(out, "%d dead letters of %s\n", len(found), topic)
		return err
	case "replay":
		replayed, err := letters.Replay(ctx, topic, most, rest[1:]...)
		fmt.Fprintf(out, "%d dead letters published on %s again\n", replayed, topic)
		return err
	}
	return errUsage
}

func work(ctx context.Context, conn *pgx.Conn, subject, verb string, rest []string, out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	defer func() { _ = table.Flush() }()
	switch subject + " " + verb {
	case "parked list":
		parked, err := ops.ListParked(ctx, conn, most)
		for _, one := range parked {
			fmt.Fprintf(table, "%d\taccount %d\t%s %s\t%d attempts\t%s\t%s\n", one.ID, one.AccountID, one.Kind, one.Subject,
				one.Attempts, one.ParkedAt.Format(time.RFC3339), one.Reason)
		}
		fmt.Fprintf(table, "%d rows are parked\n", len(parked))
		return err
	case "parked replay":
		ids := make([]int64, len(rest))
		for i, text := range rest {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return fmt.Errorf("%q is no id of a parked row", text)
			}
			ids[i] = id
		}
		replayed, err := ops.ReplayParked(ctx, conn, ids...)
		fmt.Fprintf(table, "%d rows are due again; the next tick finds them\n", replayed)
		return err
	case "parked-activities list":
		parked, err := ops.ListParkedActivities(ctx, conn, most)
		for _, one := range parked {
			fmt.Fprintf(table, "%d\taccount %d\t%d attempts\t%s\n", one.ID, one.AccountID, one.Attempts, one.Reason)
		}
		fmt.Fprintf(table, "%d activities are parked\n", len(parked))
		return err
	case "parked-activities replay":
		replayed, err := ops.ReplayParkedActivities(ctx, conn)
		fmt.Fprintf(table, "%d activities are asked for again; the next tick finds them\n", replayed)
		return err
	case "erasures ":
		open, err := ops.ListErasures(ctx, conn)
		for _, one := range open {
			state := "rows are left"
			if one.ErasedAt != nil {
				state = "rows erased"
			}
			fmt.Fprintf(table, "%d\t%s\tasked %s\t%s\trevocation %s\t%s\n", one.ID, one.Reason, one.RequestedAt.Format(time.RFC3339),
				state, one.Revocation, one.Waits)
		}
		fmt.Fprintf(table, "%d erasures are not done\n", len(open))
		return err
	}
	return errUsage
}
