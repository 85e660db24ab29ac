// Package crash proves that Sync may be killed anywhere. Its tests run the staged program behind a proxy that counts each
// statement and each call of Strava, kill it at one of them by SIGKILL, start it anew, let messages come again, and compare
// the database with that of an undisturbed run. TRAIND_PROVE=1 kills at every step, else a sample is taken.
package crash
