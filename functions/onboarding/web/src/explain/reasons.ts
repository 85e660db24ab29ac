// Why a figure has no value, in words: the server's reasons as athletes read them.
const reasons: Record<string, string> = {
  not_computed: 'not computed yet',
  no_time: 'its samples have no usable times',
  no_heart_rate: 'no heart rate was recorded',
  low_coverage: 'heart rate covers less than half of it',
  bad_heart_rate: 'the heart rates are implausible',
  no_stream: 'it needs samples, and there are none',
  no_moving_time: 'no moving time is known',
  no_distance: 'no distance is known',
  no_resting_hr: 'your resting heart rate is not known',
  no_max_hr: 'your maximum heart rate is not known',
  contradictory_hr: 'your heart rates contradict each other: see the settings',
  no_zones: 'your own zones are missing',
  no_power: 'no power was recorded',
  estimated_power: 'the power was estimated, not measured',
  no_ftp: 'your FTP is not known',
  no_threshold_pace: 'your threshold pace is not known',
  no_swim_pace: 'your swimming pace is not known',
  too_short: 'it is too short for this figure',
  other_sport: 'not defined for this sport',
  no_perceived_exertion: 'you gave no exertion at Strava',
  no_relative_effort: 'Strava gave no relative effort',
  implausible_clock: 'its times are implausible',
  out_of_range: 'its inputs give no number',
  no_thresholds: 'none of your thresholds is known',
  before_first_activity: 'before your first activity',
  short_history: 'too few days of history yet',
  no_load: 'there was no load to compare with',
  no_intensity: 'no time in intensity zones',
  no_activity: 'no activity in these days',
  missing_comparison: 'one of both ratios is missing',
};

/** The words of a reason; an unknown one is shown as it is. */
export const reasonWords = (reason: string | undefined) => (reason ? (reasons[reason] ?? reason.replaceAll('_', ' ')) : '');

export const knownReasons = Object.keys(reasons);
