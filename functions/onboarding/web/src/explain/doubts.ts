// Why a sentence about today is less than certain, in words.
const doubts: Record<string, string> = {
  unscored: 'some activities have no load',
  average_heart_rate: 'some loads rest on average heart rate alone',
  estimated_heart_rates: 'your resting or maximum heart rate is an estimate',
  unspecified_sex: 'your sex is not given, so that the mean of both curves is used',
  warming_up: 'fitness has less than 42 days to build on',
};

/** The words of a doubt; an unknown one is shown as it is. */
export const doubtWords = (doubt: string) => doubts[doubt] ?? doubt.replaceAll('_', ' ');

export const knownDoubts = Object.keys(doubts);
