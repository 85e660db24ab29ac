package store

import (
	"context"

	"github.com/train-d/train-d/shared/database"
)

// ExportTables is everything that is held about an account, in the order of an export. Each column of each table that hangs
// off accounts stands here, or in withheld with its reason: a test compares both with the catalogue.
var ExportTables = []ExportTable{
	{
		Name: "accounts", Title: "the account", Single: true,
		Columns: []ExportColumn{
			{"id", "number of the account"},
			{"email", "e-mail address, if there is one"},
			{"has_password", "whether a password is set; the password itself is known to nobody"},
			{"created_at", "when the account was opened"},
			{"email_verified_at", "when mail to the address was seen to reach you"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.accounts
SELECT row_to_json(held)
FROM (SELECT id, email, password_hash IS NOT NULL AS has_password, created_at, email_verified_at FROM accounts WHERE id = $1) AS held`, accountID)
		},
	},
	{
		Name: "athletes", Title: "what you told about yourself, and how load is shown", Single: true,
		Columns: []ExportColumn{
			{"sex", "female, male or unspecified"},
			{"birth_date", "date of birth"},
			{"time_zone", "zone that decides which day today is (IANA name)"},
			{"primary_sport", "main sport"},
			{"units", "units of display: metric or imperial"},
			{"recommendation_style", "how carefully recommendations are put"},
			{"acwr_alert_threshold", "acute:chronic ratio above which to be alerted"},
			{"injury_risk_alerts", "whether to be alerted at all"},
			{"chronic_days", "length of the chronic load's window, in days"},
			{"decay_rate", "decay of the exponentially weighted load, per day"},
			{"max_hr_dismissed", "heart rate up to which no higher maximum is proposed any more; 0 where none was dismissed"},
			{"profile_set_at", "when the profile was first saved"},
			{"updated_at", "when any of this was last changed"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.athletes
SELECT to_jsonb(held) FROM athletes AS held WHERE account_id = $1`, accountID)
		},
	},
	{
		Name: "consents", Title: "the documents that you agreed to",
		Columns: []ExportColumn{
			{"document", "which document: terms, privacy or health_data"},
			{"version", "its version"},
			{"accepted_at", "when you agreed"},
			{"withdrawn_at", "when you withdrew, if you did"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.consents
SELECT to_jsonb(held) FROM consents AS held WHERE account_id = $1 ORDER BY accepted_at, document`, accountID)
		},
	},
	{
		Name: "email_tokens", Title: "the links that were mailed to you and still work",
		Columns: []ExportColumn{
			{"kind", "what the link is for: password_reset or email_verification"},
			{"letter", "number of the e-mail"},
			{"address", "where it was sent"},
			{"created_at", "when it was sent"},
			{"expires_at", "when the link stops working"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.email_tokens
SELECT to_jsonb(held) - 'token_hash' FROM email_tokens AS held WHERE account_id = $1 ORDER BY created_at, letter`, accountID)
		},
	},
	{
		Name: "sessions", Title: "where you are signed in",
		Columns: []ExportColumn{
			{"device", "what the browser calls itself"},
			{"created_at", "when you signed in"},
			{"seen_at", "when the session was last used, to the minute"},
			{"expires_at", "when it ends at the latest"},
			{"confirmed_at", "when you last proved there who you are"},
			{"oauth_state_expires_at", "until when Strava's answer to a connection begun here is waited for"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.sessions
SELECT to_jsonb(held) - '{token_hash,oauth_state_hash}'::text[] FROM sessions AS held WHERE account_id = $1 ORDER BY created_at`, accountID)
		},
	},
	{
		Name: "devices", Title: "the devices that you signed in from",
		Columns: []ExportColumn{
			{"created_at", "when you first signed in there"},
			{"seen_at", "when you last did"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.devices
SELECT to_jsonb(held) - 'token_hash' FROM devices AS held WHERE account_id = $1 ORDER BY created_at`, accountID)
		},
	},
	{
		Name: "second_factors", Title: "your second factor", Single: true,
		Columns: []ExportColumn{
			{"created_at", "when it was begun"},
			{"confirmed_at", "since when it is asked for; empty where it is not yet"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.second_factors
SELECT to_jsonb(held) - '{sealed_secret,used_step}'::text[] FROM second_factors AS held WHERE account_id = $1`, accountID)
		},
	},
	{
		Name: "recovery_codes", Title: "the recovery codes that you have not used",
		Columns: []ExportColumn{
			{"created_at", "when it was made"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.recovery_codes
SELECT to_jsonb(held) - 'code_hash' FROM recovery_codes AS held WHERE account_id = $1 ORDER BY created_at`, accountID)
		},
	},
	{
		Name: "thresholds", Title: "your thresholds, each from its day on",
		Columns: []ExportColumn{
			{"kind", "resting_hr, max_hr, lthr, vt1_hr, vt2_hr, ftp, threshold_pace, swim_pace or weight"},
			{"sport", "group of sports that it holds for; empty for every sport"},
			{"effective_from", "first day that it holds"},
			{"value", "beats per minute; ftp in watts; threshold_pace in seconds per kilometre; swim_pace in seconds per 100 metres; weight in kilograms"},
			{"created_at", "when it was entered"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.thresholds
SELECT to_jsonb(held) FROM thresholds AS held WHERE account_id = $1 ORDER BY kind, sport, effective_from`, accountID)
		},
	},
	{
		Name: "strava_connections", Title: "the connection to Strava", Single: true,
		Columns: []ExportColumn{
			{"athlete_id", "your number at Strava"},
			{"scopes", "what you allowed there"},
			{"token_expires_at", "when the present access ends, if it is not renewed"},
			{"generation", "how often access was renewed"},
			{"status", "connected, or reconnect where Strava refuses"},
			{"connected_at", "when you connected"},
			{"synced_at", "when Strava last told what is new"},
			{"backfilled_at", "when the whole history was in"},
			{"refined_at", "when all samples were read"},
			{"last_error", "why it does not get on, in words"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.strava_connections
SELECT to_jsonb(held) - '{sealed_access_token,sealed_refresh_token}'::text[] FROM strava_connections AS held WHERE account_id = $1`, accountID)
		},
	},
	{
		Name: "activities", Title: "your activities with their load",
		Columns: []ExportColumn{
			{"id", "number of the activity at Strava"},
			{"sport_type", "sport, as Strava names it"},
			{"name", "its name"},
			{"start_at", "when it started"},
			{"start_local", "when it started, by the clock there"},
			{"time_zone", "zone of that clock"},
			{"local_day", "the day that its load counts for"},
			{"trimp", "training impulse from heart rate; empty where it can't be known"},
			{"tss", "training stress score; empty where it can't be known"},
			{"external_km", "external load, in kilometres on the flat"},
			{"low_s", "seconds below the first ventilatory threshold; empty where heart rate does not tell"},
			{"moderate_s", "seconds between the two ventilatory thresholds"},
			{"high_s", "seconds from the second ventilatory threshold up"},
			{"peak_hr", "highest heart rate that was held; empty where the strap is not believed"},
			{"quality", "what the load rests on: stream (samples), average (heart rate's mean) or none"},
			{"formula_version", "version of the formulas"},
			{"streams", "whether samples are held: pending, stored, none, expired or parked"},
			{"streams_attempts", "attempts at the samples that failed"},
			{"streams_reason", "why there are no samples, in words"},
			{"streams_retry_at", "when they are tried again"},
			{"deleted_at", "when it was found deleted at Strava"},
			{"created_at", "when it was first stored"},
			{"updated_at", "when it was last changed here"},
			{"summary", "what Strava says of it: metres, seconds, metres per second, beats per minute, watts"},
			{"hr_histogram", "seconds at each heart rate: included_s and artefact_s in seconds, seconds by beats per minute"},
			{"stream_figures", "figures of the samples that can't be computed again without them"},
			{"figures", "all figures computed of it, each with a reason where it is absent"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, after int64) ([]ExportRow, int64, error) {
			return many(ctx, conn, `-- name: export.activities
SELECT id, to_jsonb(held) - 'summary_hash' || jsonb_build_object('hr_histogram', encode(hr_histogram, 'base64'))
FROM activities AS held WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`, accountID, after, exportPage)
		},
	},
	{
		Name: "activity_streams", Title: "the samples of your activities, until they expire",
		Columns: []ExportColumn{
			{"activity_id", "number of the activity"},
			{"samples", "how many samples"},
			{"fetched_at", "when Strava gave them"},
			{"expires_at", "when they are deleted; empty for never"},
			{"packed", "the samples themselves"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, after int64) ([]ExportRow, int64, error) {
			return many(ctx, conn, `-- name: export.activity_streams
SELECT activity_id, jsonb_build_object('activity_id', activity_id, 'samples', samples, 'fetched_at', fetched_at,
    'expires_at', expires_at, 'packed', encode(packed, 'base64'))
FROM activity_streams WHERE account_id = $1 AND activity_id > $2 ORDER BY activity_id LIMIT $3`, accountID, after, exportSamplesPage)
		},
	},
	{
		Name: "load_changes", Title: "what changed your figures, and how",
		Columns: []ExportColumn{
			{"id", "number of the change"},
			{"causes", "settings that changed; formula where Train-D computes differently"},
			{"from_day", "first day whose activities could change; empty for all"},
			{"first_day", "first day whose load changed"},
			{"activities", "activities whose load changed"},
			{"trimp_before", "their training impulse together, before"},
			{"trimp_after", "and after"},
			{"before", "fitness, fatigue, form and ACWR of the day of the change, before"},
			{"after", "and after"},
			{"begun_at", "when it was begun"},
			{"finished_at", "when it was done"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, after int64) ([]ExportRow, int64, error) {
			return many(ctx, conn, `-- name: export.load_changes
SELECT id, to_jsonb(held) FROM load_changes AS held WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`, accountID, after, exportPage)
		},
	},
	{
		Name: "due_work", Title: "what is still to be done for you",
		Columns: []ExportColumn{
			{"id", "number of the work"},
			{"kind", "what is to be done"},
			{"subject", "with what, an activity's number for instance"},
			{"lane", "how urgent: 0 is first"},
			{"cursor", "how far it is"},
			{"due_at", "when it is due"},
			{"attempts", "attempts that failed"},
			{"refusals", "times that Strava refused in a row"},
			{"tried_at", "when it was last tried"},
			{"lease_until", "until when somebody is at it"},
			{"parked_at", "when it was set aside"},
			{"parked_reason", "why it was set aside, or last failed"},
			{"revision", "how often it was asked for"},
			{"origin_trace", "trace of the request that asked for it"},
			{"created_at", "when it was first asked for"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, after int64) ([]ExportRow, int64, error) {
			return many(ctx, conn, `-- name: export.due_work
SELECT id, to_jsonb(held) - 'lease_token' FROM due_work AS held WHERE account_id = $1 AND id > $2 ORDER BY id LIMIT $3`, accountID, after, exportPage)
		},
	},
	{
		Name: "erasures", Title: "connections to Strava that you ended and whose end is not confirmed yet",
		Columns: []ExportColumn{
			{"id", "number of the erasure"},
			{"athlete_id", "your number at Strava"},
			{"receipt", "what shows how far it is"},
			{"reason", "who ended it"},
			{"revocation", "how far its end at Strava is"},
			{"requested_at", "when it was asked for"},
			{"erased_at", "when nothing was left here"},
			{"erased", "how many rows went from which table"},
		},
		read: func(ctx context.Context, conn database.Conn, accountID, _ int64) ([]ExportRow, int64, error) {
			return few(ctx, conn, `-- name: export.erasures
SELECT to_jsonb(held) - '{sealed_access_token,sealed_refresh_token}'::text[] FROM erasures AS held WHERE account_id = $1 ORDER BY id`, accountID)
		},
	},
}

// withheld says which columns an export leaves out, and why: what would let its reader in, and what tells nothing.
var withheld = map[string]string{
	"accounts.erasing_at":                     "set only once nobody can ask any more",
	"accounts.password_hash":                  "a hash that guesses could be tried against",
	"sessions.token_hash":                     "a hash of what lets in",
	"devices.token_hash":                      "a hash of what spares delays",
	"second_factors.sealed_secret":            "sealed, and makes the codes that let in",
	"second_factors.used_step":                "a counter that keeps codes from being used twice",
	"recovery_codes.code_hash":                "a hash of what lets in",
	"email_tokens.token_hash":                 "a hash of what sets a password",
	"sessions.oauth_state_hash":               "a hash of what lets connect",
	"strava_connections.sealed_access_token":  "sealed, and lets read at Strava",
	"strava_connections.sealed_refresh_token": "sealed, and lets read at Strava",
	"erasures.sealed_access_token":            "sealed, and lets read at Strava",
	"erasures.sealed_refresh_token":           "sealed, and lets read at Strava",
	"due_work.lease_token":                    "lets store results of the work",
	"activities.summary_hash":                 "a checksum of the summary",
}
