// Package crash proves that Sync may be killed anywhere, and that anything may happen to what wakes it.
//
// One test runs the staged program behind a proxy that counts each statement and each call of Strava, kills it at one of them
// by SIGKILL, starts it anew, lets messages come again, and compares the database with that of an undisturbed run. Another
// runs Webhook and Dispatch too, and loses, doubles, delays and reorders Strava's events and Pub/Sub's messages by a seed that
// it prints. With TRAIND_PROVE=1 every step and many seeds are tried, else a sample; TRAIND_SEED repeats one seed.
package crash
