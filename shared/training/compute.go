package training

const swimTooFast = 1.3 // IF no swimmer holds: elevate's guard against wrong pool lengths

// Compute returns all figures of an activity from its summary, its stored histogram and stream figures (nil when there
// are none) and the athlete's profile of the activity's day. It is the only way figures come about, at ingest and at
// every recomputation alike.
func Compute(summary Summary, histogram *Histogram, stream *StreamFigures, profile Profile) Figures {
	figures := Figures{FormulaVersion: FormulaVersion, Quality: QualityNone}
	figures.computeImpulse(summary, histogram, profile)
	figures.computeZones(histogram, profile)
	if stream == nil {
		absent := absentStreamFigures(ReasonNoStream)
		stream = &absent
	}
	figures.computePower(summary, stream, profile.Thresholds)
	figures.computeDistance(summary, stream, profile.Thresholds)
	figures.computeExertion(summary)
	figures.computeTSS(summary)
	figures.ExternalKm = ExternalKm(summary)
	figures.Decoupling, figures.BestPower, figures.BestDistance = stream.Decoupling, stream.BestPower, stream.BestDistance
	return figures
}

// computeImpulse fills TRIMP, its quality and hrTSS: from the stream where it covers half the time, else from the
// summary's average unless the strap sent mostly artefacts, which that average would be made of.
func (f *Figures) computeImpulse(summary Summary, histogram *Histogram, profile Profile) {
	thresholds := profile.Thresholds
	f.TRIMP = Absent(ReasonNoHeartRate)
	f.Coverage, f.MeanHR, f.PeakHR = Absent(ReasonNoStream), Absent(ReasonNoHeartRate), Absent(ReasonNoStream)
	believeAverage := true
	if histogram != nil {
		f.Coverage = Known(histogram.Coverage())
		f.MeanHR, f.PeakHR = histogram.MeanHR(), histogram.PeakHR()
		f.TRIMP = histogram.TRIMP(profile.Sex, thresholds)
		believeAverage = !histogram.mostlyArtefacts()
	}
	highest := Absent(ReasonNoHeartRate)
	if f.TRIMP.Known {
		f.Quality = QualityStream
		highest = histogram.MaxHR(1)
		f.flag(f.Coverage.Value < fullCoverage, FlagPartial)
	} else if average, given := positive(summary.AverageHR); given && believeAverage {
		f.averageImpulse(average, summary, profile)
		highest = Known(average)
	}
	if f.TRIMP.Known {
		f.flag(highest.Known && highest.Value > thresholds.MaxHR.Value, FlagMaxHRExceeded)
		f.flag(profile.Sex != SexFemale && profile.Sex != SexMale, FlagSexUnspecified)
		f.flag(thresholds.RestingHR.Estimated || thresholds.MaxHR.Estimated, FlagEstimatedThresholds)
		f.flag(thresholds.withDerived().LTHR.Estimated, FlagEstimatedLTHR)
	}
	f.HRTSS = HRTSS(f.TRIMP, profile.Sex, thresholds)
}

func (f *Figures) averageImpulse(average float64, summary Summary, profile Profile) {
	moving, known := positive(summary.MovingS)
	if !known {
		f.TRIMP = Absent(ReasonNoMovingTime)
		return
	}
	f.TRIMP = AverageTRIMP(profile.Sex, profile.Thresholds, average, moving)
	if !f.TRIMP.Known {
		return
	}
	f.Quality = QualityAverage
	f.MeanHR = Known(average)
}

func (f *Figures) computeZones(histogram *Histogram, profile Profile) {
	if histogram == nil {
		f.Edwards, f.Lucia = Absent(ReasonNoStream), Absent(ReasonNoStream)
		f.HeartRate = ZoneBounds(profile)
		if f.HeartRate.Reason == "" {
			f.HeartRate.Reason = ReasonNoStream
		}
		return
	}
	f.Edwards, f.EdwardsS = histogram.Edwards(profile.Thresholds)
	f.Lucia, f.LuciaS = histogram.Lucia(profile.Thresholds)
	f.HeartRate = histogram.Zones(profile)
	derived := profile.Thresholds.withDerived()
	f.flag(f.Lucia.Known && (derived.VT1.Estimated || derived.VT2.Estimated), FlagEstimatedVT)
}

func (f *Figures) computePower(summary Summary, stream *StreamFigures, thresholds Thresholds) {
	f.AveragePower, f.NormalizedPower = stream.AveragePower, stream.NormalizedPower
	f.XPower, f.WorkKJ = stream.XPower, stream.WorkKJ
	f.VariabilityIndex = ratio(f.NormalizedPower, f.AveragePower)
	f.IntensityFactor = IntensityFactor(f.NormalizedPower, thresholds.FTP)
	f.PowerTSS = PowerTSS(f.IntensityFactor, stream.RecordedS)
	if f.NormalizedPower.Known {
		f.flag(stream.RecordedS < shortPowerS, FlagShortPower)
		f.flag(!measuredPower(summary), FlagEstimatedPower)
	}
}

// measuredPower says whether the watts come from a power meter. Strava says false where it estimated them.
func measuredPower(summary Summary) bool { return summary.DeviceWatts == nil || *summary.DeviceWatts }

// ratio returns a / b, absent where either is or b is 0.
func ratio(a, b Figure) Figure {
	switch {
	case !a.Known:
		return a
	case !b.Known:
		return b
	case b.Value == 0:
		return Absent(ReasonNoLoad)
	}
	return Known(a.Value / b.Value)
}

func (f *Figures) computeDistance(summary Summary, stream *StreamFigures, thresholds Thresholds) {
	f.GAPModel = stream.GAPModel
	f.GAP, f.FlatKm = stream.FlatM, stream.FlatM
	if stream.FlatM.Known {
		f.FlatKm = Known(stream.FlatM.Value / 1000)
		f.GAP = Known(stream.IncludedS / f.FlatKm.Value)
	}
	f.RTSS, f.STSS = Absent(ReasonOtherSport), Absent(ReasonOtherSport)
	switch SportOf(summary.SportType) {
	case SportRun:
		f.RTSS = RTSS(f.GAP, thresholds.ThresholdPace, stream.IncludedS)
	case SportSwim:
		distance, _ := positive(summary.DistanceM)
		moving, _ := positive(summary.MovingS)
		intensity := SwimIntensity(distance, moving, thresholds.SwimPace)
		f.STSS = STSS(intensity, moving)
		f.flag(intensity.Known && intensity.Value > swimTooFast, FlagSwimTooFast)
	}
}

// computeExertion fills the figures that stand beside the series in units of their own.
func (f *Figures) computeExertion(summary Summary) {
	f.SessionRPE, f.StravaEffort = SessionRPE(summary), Absent(ReasonNoRelativeEffort)
	if summary.SufferScore != nil && *summary.SufferScore >= 0 {
		f.StravaEffort = Known(*summary.SufferScore)
	}
}

// SessionRPE returns exertion (CR10, as Strava's perceived_exertion) · minutes of the session without its long pauses
// (Foster 1998, 2001): Strava's moving time, else the elapsed one.
func SessionRPE(summary Summary) Figure {
	exertion, given := positive(summary.PerceivedExertion)
	if !given {
		return Absent(ReasonNoExertion)
	}
	seconds, known := summary.sessionS()
	if !known {
		return Absent(ReasonNoMovingTime)
	}
	return Known(exertion * seconds / 60)
}

// computeTSS picks the activity's entry in the TSS series: measured power, heart rate by stream, by average, pace.
func (f *Figures) computeTSS(summary Summary) {
	byHeartRate := TSSByHeartRate
	if f.Quality == QualityAverage {
		byHeartRate = TSSByAverageHR
	}
	power := f.PowerTSS
	if power.Known && !measuredPower(summary) {
		power = Absent(ReasonEstimatedPower)
	}
	for _, candidate := range []struct {
		figure Figure
		method TSSMethod
	}{
		{power, TSSByPower}, {f.HRTSS, byHeartRate}, {f.RTSS, TSSByPace}, {f.STSS, TSSBySwimPace},
	} {
		if candidate.figure.Known {
			f.TSS, f.TSSMethod = candidate.figure, candidate.method
			return
		}
	}
	f.TSS = Absent(ReasonNoThresholds)
	if !f.HRTSS.Known {
		f.TSS = Absent(f.HRTSS.why())
	}
}
