package logging

// Event is the name of something that happened, as log-based metrics, dashboards and alerts know it.
type Event string

// Connections to the database.
const (
	// EventDatabasePooled is an operation on a pooled connection.
	EventDatabasePooled Event = "database.pooled"
	// EventDatabaseDirect is an operation on a direct connection, by settings.
	EventDatabaseDirect Event = "database.direct"
	// EventDatabaseFallback is an operation on a direct connection because the pool failed; cause says how.
	EventDatabaseFallback Event = "database.fallback"
	// EventDatabaseBreaker is a change of the breaker in front of the pool; state says to what.
	EventDatabaseBreaker Event = "database.breaker"
	// EventDatabaseSlowQuery is a statement above the threshold.
	EventDatabaseSlowQuery Event = "database.slow_query"
	// EventDatabaseQueryFailed is a statement that Postgres refused or that broke off.
	EventDatabaseQueryFailed Event = "database.query_failed"
	// EventDatabasePoolStats is the pool's statistics, at most once a minute.
	EventDatabasePoolStats Event = "database.pool_stats"
)

// Work on an athlete's activities.
const (
	// EventSyncCompleted is a unit of work done.
	EventSyncCompleted Event = "sync.completed"
	// EventSyncPostponed is a unit moved to a later time; nothing is wrong.
	EventSyncPostponed Event = "sync.postponed"
	// EventSyncParked is a unit set aside because trying it again can't help; reason says why.
	EventSyncParked Event = "sync.parked"
	// EventSyncFailed is a unit that failed and will be tried again.
	EventSyncFailed Event = "sync.failed"
	// EventSyncDispatched is a tick of Dispatch: how many accounts were woken, and for how long the oldest of what is due and
	// has quota has waited for a worker.
	EventSyncDispatched Event = "sync.dispatched"
	// EventSyncHintIgnored is a hint about an athlete whom no account has, at DEBUG.
	EventSyncHintIgnored Event = "sync.hint_ignored"
)

// Strava.
const (
	// EventStravaQuota is what is left of Strava's quota.
	EventStravaQuota Event = "strava.quota"
	// EventStravaConnected is an athlete's account joined to Strava.
	EventStravaConnected Event = "strava.connected"
	// EventStravaTokenRefreshed is a rotation of an athlete's tokens.
	EventStravaTokenRefreshed Event = "strava.token_refreshed"
	// EventStravaAppBlocked is Strava refusing the app as a whole; no athlete is at fault.
	EventStravaAppBlocked Event = "strava.app_blocked"
	// EventStravaDisconnected is the end of an athlete's connection.
	EventStravaDisconnected Event = "strava.disconnected"
)

// Erasure of what came from Strava.
const (
	// EventErasureCompleted is an erasure verified by counting; rows says how many went from which table.
	EventErasureCompleted Event = "erasure.completed"
	// EventErasureLate is told every minute while an erasure takes longer than a day; erasures says how many do.
	EventErasureLate Event = "erasure.late"
)

// Strava's webhook.
const (
	// EventWebhookVerified is the handshake of a new push subscription.
	EventWebhookVerified Event = "webhook.verified"
	// EventWebhookReceived is an event of Strava's that was published as a hint.
	EventWebhookReceived Event = "webhook.received"
	// EventWebhookRefused is a request on the secret path that can't be Strava's; reason says why.
	EventWebhookRefused Event = "webhook.refused"
)

// Accounts.
const (
	// EventAccountRegistered is a new account.
	EventAccountRegistered Event = "account.registered"
	// EventAccountSignedIn is a sign-in that worked.
	EventAccountSignedIn Event = "account.signed_in"
	// EventAccountSignInRefused is a sign-in with an unknown e-mail or a wrong password.
	EventAccountSignInRefused Event = "account.sign_in_refused"
	// EventAccountThrottled is an attempt beyond what is allowed in a while.
	EventAccountThrottled Event = "account.throttled"
	// EventAccountConfirmed is the holder of a session who proved again who they are.
	EventAccountConfirmed Event = "account.confirmed"
	// EventAccountSessionsEnded is sessions that their account's owner ended from another.
	EventAccountSessionsEnded Event = "account.sessions_ended"
	// EventAccountPasswordChanged is a new password, by who knew the old one or by a link; other sessions end.
	EventAccountPasswordChanged Event = "account.password_changed"
	// EventAccountEmailVerified is an address that its owner is known to read, the account's from then on.
	EventAccountEmailVerified Event = "account.email_verified"
	// EventAccountSecondFactor is a second factor set or removed, or its recovery codes renewed; change says which.
	EventAccountSecondFactor Event = "account.second_factor"
	// EventAccountConsent is a document agreed to, or an agreement withdrawn; change says which.
	EventAccountConsent Event = "account.consent"
	// EventAccountExported is everything held about an account, handed to its owner.
	EventAccountExported Event = "account.exported"
	// EventAccountErasing is an account that its owner ended: nobody gets in any more, and its rows are being erased.
	EventAccountErasing Event = "account.erasing"
	// EventAccountErased is the end of an account and of everything held about it.
	EventAccountErased Event = "account.erased"
)

// E-mail.
const (
	// EventMailSent is an e-mail that the mail server took.
	EventMailSent Event = "mail.sent"
	// EventMailPostponed is an e-mail that the mail server did not take for now; it is tried again.
	EventMailPostponed Event = "mail.postponed"
	// EventMailParked is an e-mail that can't be sent: the mail server refuses it, or did not take it for a day.
	EventMailParked Event = "mail.parked"
)

// The schema.
const (
	// EventMigrateApplied is a migration of the schema that was applied.
	EventMigrateApplied Event = "migrate.applied"
	// EventMigrateCompleted is a run of Migrate that left the schema at version, changed or not; a release waits for it.
	EventMigrateCompleted Event = "migrate.completed"
)

// The functions themselves.
const (
	// EventFunctionStarted is an instance ready to serve.
	EventFunctionStarted Event = "function.started"
	// EventFunctionRefused is an instance that can't start: its settings or its wiring are wrong.
	EventFunctionRefused Event = "function.refused"
	// EventFunctionFailed is a request or message that failed; kind says what that means.
	EventFunctionFailed Event = "function.failed"
	// EventFunctionPanicked is a defect that ended a request; the entry holds the stack.
	EventFunctionPanicked Event = "function.panicked"
	// EventFunctionStopping is an instance told to stop; it waits for work in flight.
	EventFunctionStopping Event = "function.stopping"
	// EventFunctionStopped is an instance that ends; left counts the work that it cut off.
	EventFunctionStopped Event = "function.stopped"
	// EventRequestCompleted is an answered request, at DEBUG.
	EventRequestCompleted Event = "request.completed"
)

// Messages.
const (
	// EventMessagePublished is a message that the server has accepted, at DEBUG.
	EventMessagePublished Event = "message.published"
	// EventMessageDeadLettered is a message that can never be handled, moved to its dead-letter topic.
	EventMessageDeadLettered Event = "message.dead_lettered"
	// EventPushRefused is a push whose sender could not be believed.
	EventPushRefused Event = "message.push_refused"
)

// Catalogue is every event there is, for checks that metrics and alerts name nothing else.
func Catalogue() []Event {
	return []Event{
		EventDatabasePooled, EventDatabaseDirect, EventDatabaseFallback, EventDatabaseBreaker, EventDatabaseSlowQuery,
		EventDatabaseQueryFailed, EventDatabasePoolStats,
		EventSyncCompleted, EventSyncPostponed, EventSyncParked, EventSyncFailed, EventSyncDispatched,
		EventSyncHintIgnored,
		EventStravaQuota, EventStravaConnected, EventStravaTokenRefreshed, EventStravaAppBlocked, EventStravaDisconnected,
		EventErasureCompleted, EventErasureLate, EventWebhookVerified, EventWebhookReceived, EventWebhookRefused,
		EventAccountRegistered, EventAccountSignedIn, EventAccountSignInRefused, EventAccountThrottled,
		EventAccountConfirmed, EventAccountSessionsEnded, EventAccountPasswordChanged, EventAccountEmailVerified,
		EventAccountSecondFactor, EventAccountConsent, EventAccountExported, EventAccountErasing, EventAccountErased,
		EventMailSent, EventMailPostponed, EventMailParked,
		EventMigrateApplied, EventMigrateCompleted,
		EventFunctionStarted, EventFunctionRefused, EventFunctionFailed, EventFunctionPanicked, EventFunctionStopping,
		EventFunctionStopped, EventRequestCompleted,
		EventMessagePublished, EventMessageDeadLettered, EventPushRefused,
	}
}
