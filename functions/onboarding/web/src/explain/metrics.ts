// What each figure means, in plain words, with where it comes from.

export interface Explanation {
  title: string;
  /** Paragraphs. */
  text: string[];
  source?: string;
}

export const metrics = {
  trimp: {
    title: 'Load (TRIMP)',
    text: [
      'How much a workout asked of your heart: every minute counts, and counts more the closer your heart rate is to its maximum. An easy hour is around 50, a hard one around 130.',
      'Train-D adds it up over every second that your device recorded. Where there are no samples it uses the average heart rate and says so: an average comes out a little low for uneven workouts.',
    ],
    source: 'Banister 1991; Morton, Fitz-Clarke & Banister, J Appl Physiol 69:1171 (1990).',
  },
  tss: {
    title: 'Load at threshold (TSS)',
    text: ['Load on the scale where one hour at your threshold is 100: from power where you have a meter, else from heart rate, running pace or swimming pace. It needs your thresholds.'],
    source: 'Coggan & Allen 2003; Fitzgerald & McGregor 2008 for swimming.',
  },
  ctl: {
    title: 'Fitness (CTL)',
    text: [
      'What you are used to: your daily load, averaged so that the last six weeks count most. It rises slowly while you train more than before and falls slowly while you train less.',
      'In your first six weeks here it is still filling up, and so too low.',
    ],
    source: 'Exponentially weighted average with a time constant of 42 days, after Banister’s impulse-response model.',
  },
  atl: {
    title: 'Fatigue (ATL)',
    text: ['What you carry from the last days: your daily load, averaged so that the last week counts most.'],
    source: 'Exponentially weighted average with a time constant of 7 days.',
  },
  tsb: {
    title: 'Form (TSB)',
    text: [
      'Fitness minus fatigue as they were last night: the balance that you start the day with. Below zero you carry more than you are used to, as in a block of hard training; above zero you are rested.',
      'Today’s workouts change tomorrow’s form, not today’s.',
    ],
    source: 'Yesterday’s CTL − yesterday’s ATL.',
  },
  ramp: {
    title: 'Weekly change of fitness',
    text: ['Today’s fitness minus that of a week ago: how fast you build up, or let go.'],
    source: 'Ramp rate; Friel names 5 to 8 a week as the usual ceiling.',
  },
  acwr: {
    title: 'Last week against last four (ACWR)',
    text: [
      'The average daily load of the last 7 days divided by that of the last 28. At 1.0 this week is like the ones before; above, you do more than you are used to; below, less.',
      'It describes your training. It does not predict injuries: that claim did not hold in later studies.',
    ],
    source: 'Coupled 7:28 by calendar day. Critique: Lolli 2017; Impellizzeri 2020.',
  },
  acwr_uncoupled: {
    title: 'Uncoupled ratio',
    text: ['The last 7 days against the 21 days before them, so that the week is not compared with itself. It moves more than the coupled ratio.'],
    source: 'Windt & Gabbett 2018; Lolli 2017.',
  },
  acwr_ewma: {
    title: 'Weighted ratio (EWMA)',
    text: ['The same comparison with averages in which recent days count more, so that a hard day fades instead of dropping out all at once.'],
    source: 'Williams et al., Br J Sports Med 51:209 (2017).',
  },
  acwr_decayed: {
    title: 'Ratio with your own decay',
    text: ['The last 7 days against a longer stretch whose older days count less, by the number of days and the decay rate in your settings.'],
  },
  external: {
    title: 'Distance (external load)',
    text: ['What you did, apart from how it felt to your heart: distance with climbing added, all sports in equivalents of running. Riding, swimming and rowing are converted by fixed factors.'],
  },
  divergence: {
    title: 'Effort against distance (divergence)',
    text: [
      'Compares two ratios of the last week to the last four: that of the distance and that of the heart-rate load. Near zero they move together. Below zero your heart works more for the same distance: heat, hills, tiredness or illness can do that. Above zero the same distance costs less.',
    ],
    source: '(external − internal) / mean of both.',
  },
  monotony: {
    title: 'Monotony',
    text: ['How alike the last seven days are: the average daily load divided by its spread. Hard and easy days in turn keep it low; above 2 every day is much the same.'],
    source: 'Foster, Med Sci Sports Exerc 30:1164 (1998).',
  },
  strain: {
    title: 'Strain',
    text: ['The week’s load times its monotony: much load without easy days in between makes it high.'],
    source: 'Foster, Med Sci Sports Exerc 30:1164 (1998).',
  },
  intensity: {
    title: 'Distribution of intensity',
    text: [
      'How your recorded time divides into easy (below the first threshold, where talking is easy), moderate (between both) and hard (above the second). Endurance athletes of many sports spend three quarters or more of it easy.',
      'Without your own thresholds the first is put at 60 % of your heart-rate reserve and the second at your threshold heart rate, as estimates.',
    ],
    source: 'Three phases after Lucia et al. 1999; Seiler & Kjerland, Scand J Med Sci Sports 16:49 (2006).',
  },
  days_since_rest: {
    title: 'Days since rest',
    text: ['Days since the last one with a load of 10 or less. A day whose load is not known is not taken for a rest day.'],
  },
  coverage: {
    title: 'Coverage',
    text: ['The share of your activities that have a load. One without heart rate counts 0, so sums over days with such activities are too low.'],
  },
  quality: {
    title: 'Quality of a load',
    text: ['From samples: computed from every recorded second. From average: computed from the average heart rate, provisional until the samples are read, or for good where there are none. None: no heart rate or no threshold, so no load; it is never taken for 0 effort, and lowers the coverage.'],
  },
  zones: {
    title: 'Time in heart-rate zones',
    text: ['Every second with a plausible heart rate is in exactly one zone: a zone begins at its lower bound and ends just before the next. Pauses and dropouts are in none.'],
    source: 'Bounds by percent of maximum, of heart-rate reserve (Karvonen) or of threshold heart rate (Friel), or your own.',
  },
  edwards: {
    title: 'Load by zones (Edwards)',
    text: ['Minutes in each of five zones of maximum heart rate, counted once to five times. Simpler than TRIMP, and blind to differences inside a zone. It enters no chart.'],
    source: 'Edwards 1993.',
  },
  lucia: {
    title: 'Load by phases (Lucia)',
    text: ['Minutes below, between and above your two ventilatory thresholds, counted once, twice and three times. Where you gave no thresholds they are estimated.'],
    source: 'Lucia et al. 1999, 2003.',
  },
  normalized_power: {
    title: 'Normalized power',
    text: ['The steady power that would have cost you as much as this uneven ride: 30-second averages raised to the fourth power. Strava’s “weighted average power” is another formula (close to xPower) and a little lower.'],
    source: 'Coggan & Allen 2003; xPower: Skiba 2006.',
  },
  intensity_factor: {
    title: 'Intensity and variability',
    text: ['Intensity is normalized power divided by your FTP: 1.0 is what you can hold for an hour. Variability is normalized by average power: 1.0 is perfectly even.'],
    source: 'Coggan & Allen 2003.',
  },
  gap: {
    title: 'Grade-adjusted pace',
    text: ['The pace on the flat that would have cost as much energy, by laboratory measurements of running up and down slopes. Strava’s own is fitted to heart rates and gives less credit for running downhill.'],
    source: 'Minetti et al., J Appl Physiol 93:1039 (2002).',
  },
  decoupling: {
    title: 'Decoupling',
    text: ['How much less speed or power you got for a heartbeat in the second half than in the first. Below 5 % you kept it up well. It only says something about steady efforts of more than 20 minutes.'],
    source: 'Friel, Pa:Hr and Pw:Hr.',
  },
  best_efforts: {
    title: 'Best efforts',
    text: ['The fastest stretch of each distance, pauses included, and the highest average power over each duration.'],
  },
  session_rpe: {
    title: 'Session RPE',
    text: ['The exertion from 1 to 10 that you gave at Strava, times the minutes. It enters no chart.'],
    source: 'Foster 1998, 2001.',
  },
  relative_effort: {
    title: 'Strava’s relative effort',
    text: ['Strava’s own figure, whose formula is not published. It is shown for comparison and enters no chart.'],
    source: 'Strava.',
  },
} satisfies Record<string, Explanation>;

export type Metric = keyof typeof metrics;
