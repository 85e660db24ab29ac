package training

// The owner's external load in mile-equivalents: distance in miles and climb in feet, weighted by
// sport so that a mile-equivalent costs about as much as a flat mile run.
const (
	metresPerMile = 1609.344
	metresPerFoot = 0.3048

	feetPerMileRun    = 750.0
	feetPerMileRide   = 1100.0
	feetPerMileNordic = 500.0

	milesPerSwimMile          = 4.0
	milesPerOpenWaterSwimMile = 4.2
	milesPerRowMile           = 1.5
	milesPerOnWaterRowMile    = 1.7
	milesPerNordicMile        = 1.2
	milesPerHourAndExertion   = 0.30
	exertionWhenUnknown       = 6.0
)

// ExternalKm returns the owner's external load of an activity in kilometre-equivalents. Sports without a rule of their
// own count as a run when they have a distance and as strength training when not, and so does a distance sport whose
// distance is not known: work done is never 0. Absent when neither distance nor duration is known, and for a ride without
// a duration.
func ExternalKm(summary Summary) Figure {
	sport := SportOf(summary.SportType)
	distance, hasDistance := positive(summary.DistanceM)
	if sport == SportStrength || !hasDistance {
		return byExertion(summary)
	}
	miles := distance / metresPerMile
	feet := 0.0
	if gain, climbed := positive(summary.ElevationGainM); climbed {
		feet = gain / metresPerFoot
	}
	switch sport {
	case SportRide:
		seconds, known := summary.sessionS()
		if !known {
			return Absent(ReasonNoMovingTime) // what a mile ridden is worth depends on the speed
		}
		miles = miles/rideMilesPerMile(miles/(seconds/3600)) + feet/feetPerMileRide
	case SportSwim:
		miles *= choose(summary.HasPosition, milesPerOpenWaterSwimMile, milesPerSwimMile)
	case SportRow:
		miles *= choose(summary.HasPosition, milesPerOnWaterRowMile, milesPerRowMile)
	case SportNordic:
		miles = milesPerNordicMile*miles + feet/feetPerMileNordic
	default:
		miles += feet / feetPerMileRun
	}
	return Known(miles * metresPerMile / 1000)
}

// rideMilesPerMile returns how many miles ridden at the given mean speed equal one mile run.
func rideMilesPerMile(milesPerHour float64) float64 {
	switch {
	case milesPerHour <= 12:
		return 4.0
	case milesPerHour <= 16:
		return 3.5
	case milesPerHour <= 20:
		return 2.9
	}
	return 2.4
}

// byExertion returns hours · exertion · 0.30 miles in kilometres, with exertion 6 where the athlete gave none.
func byExertion(summary Summary) Figure {
	seconds, known := summary.sessionS()
	if !known {
		return Absent(ReasonNoMovingTime)
	}
	exertion, given := positive(summary.PerceivedExertion)
	if !given {
		exertion = exertionWhenUnknown
	}
	return Known(seconds / 3600 * exertion * milesPerHourAndExertion * metresPerMile / 1000)
}

func choose(condition bool, yes, no float64) float64 {
	if condition {
		return yes
	}
	return no
}
