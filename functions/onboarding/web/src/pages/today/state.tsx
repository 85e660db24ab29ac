import type { Schemas } from '../../api/client';
import { Explain } from '../../explain/explain';
import type { Metric } from '../../explain/metrics';
import { doubtWords } from '../../explain/doubts';
import { stateWords } from '../../explain/states';
import { day } from '../../format/date';

type Today = Schemas['Today'];

/** What each sentence is about, and the figure that explains it. */
const topics: Record<string, readonly [name: string, metric?: Metric]> = {
  today: ['Today so far', 'trimp'], ratio: ['This week', 'acwr'], divergence: ['Effort against distance', 'divergence'], form: ['Form', 'tsb'],
  rest: ['Rest', 'days_since_rest'], variety: ['Variety', 'monotony'], coverage: ['Coverage', 'coverage'],
};

/** Nothing is said where everything was measured. */
const confidence: Record<string, string> = { moderate: 'Moderate confidence', low: 'Low confidence' };

/** The state of today in words: its headline, and a sentence for each thing that it rests on, with what makes it uncertain. */
export function State({ today }: { today: Today }) {
  const [tone, word] = stateWords(today.state);
  return (
    <section class={`card stack state ${tone}`} aria-label="Where you stand">
      <div class="row"><span class={`tag ${tone}`}>{word}</span><span class="muted small">{day(today.day)}</span></div>
      <h2>{today.headline}</h2>
      <dl>
        {today.sentences.map((sentence) => {
          const [name, metric] = topics[sentence.topic] ?? [sentence.topic];
          return (
            <div key={sentence.topic}>
              <dt>{name} {metric && <Explain metric={metric} />} {sentence.alert && <span class="tag warn">Alert</span>}</dt>
              <dd>{sentence.text}</dd>
              {sentence.doubts.length > 0 && <dd class="small muted">{confidence[sentence.confidence]}: {sentence.doubts.map(doubtWords).join('; ')}.</dd>}
            </div>
          );
        })}
      </dl>
    </section>
  );
}
