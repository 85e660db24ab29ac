// The server's flags and methods of an activity's figures, in words.
const flags: Record<string, string> = {
  partial: 'Heart rate covers only part of it; the load is scaled up to the whole.',
  max_hr_exceeded: 'A heart rate above your maximum was recorded: the maximum in your settings may be out of date.',
  sex_unspecified: 'Without your sex, the load is the mean of both formulas.',
  estimated_thresholds: 'Your resting or maximum heart rate is an estimate.',
  estimated_lthr: 'Your threshold heart rate is an estimate, and with it the load at threshold.',
  estimated_vt: 'Your ventilatory thresholds are estimates, and with them the phases of intensity.',
  short_power: 'Fewer than 20 minutes of power: normalized power says little.',
  estimated_power: 'The power was estimated by Strava, not measured: it enters no load.',
  swim_too_fast: 'Faster than you can swim: the pool’s length or your threshold pace is wrong.',
};

export const flagWords = (flag: string) => flags[flag] ?? flag.replaceAll('_', ' ');
export const knownFlags = Object.keys(flags);

const methods: Record<string, string> = {
  power: 'from power',
  heart_rate: 'from heart rate, every second',
  average_heart_rate: 'from average heart rate',
  pace: 'from grade-adjusted pace',
  swim_pace: 'from swimming pace',
  percent_max: 'percent of maximum heart rate',
  reserve: 'percent of heart-rate reserve',
  threshold: 'percent of threshold heart rate',
  custom: 'your own zones',
};

export const methodWords = (method: string | undefined) => (method ? (methods[method] ?? method.replaceAll('_', ' ')) : '');
