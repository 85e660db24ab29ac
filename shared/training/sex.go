package training

// Sex selects the curve of Banister's training impulse. Its values are what the project stores and shows.
type Sex string

// The sexes the project knows. Unspecified uses the mean of both curves, flagged [FlagSexUnspecified].
const (
	SexFemale      Sex = "female"
	SexMale        Sex = "male"
	SexUnspecified Sex = "unspecified"
)

// ParseStravaSex maps Strava's "F" and "M"; everything else, Strava's empty value included, is unspecified.
func ParseStravaSex(s string) Sex {
	switch s {
	case "F":
		return SexFemale
	case "M":
		return SexMale
	}
	return SexUnspecified
}

// Valid says whether s is one of the three known values.
func (s Sex) Valid() bool {
	return s == SexFemale || s == SexMale || s == SexUnspecified
}
