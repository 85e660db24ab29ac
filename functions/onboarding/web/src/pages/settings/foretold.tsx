import { useEffect, useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { day } from '../../format/date';
import { count, number } from '../../format/number';
import { Trouble } from '../../ui/notice';
import { stateWords } from '../../explain/states';
import { Headlines } from './headlines';

/** Milliseconds without a change after which a hand rests: until then nothing is worked out. */
const rest = 400;

interface State {
  key: string;
  preview?: Schemas['SettingsPreview'];
  error?: unknown;
}

/** Tells what a change of the settings would do to the figures, while it is being typed; nothing without one. */
export function Foretold({ patch }: { patch: Schemas['Patch'] | undefined }) {
  const [state, setState] = useState<State>();
  const key = patch && JSON.stringify(patch);
  useEffect(() => {
    if (!patch || !key) return;
    let gone = false;
    const timer = setTimeout(() => {
      bodyOf(server.POST('/v1/settings/preview', { body: patch })).then(
        (preview) => gone || setState({ key, preview }),
        (error: unknown) => gone || setState({ key, error }),
      );
    }, rest);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [key]);
  if (!key) return null;
  if (state?.key !== key) return <p class="small muted" role="status">Working out what it would change …</p>;
  if (!state.preview) return <Trouble error={state.error} />;
  const { activities, first_day: first, trimp_before: before, trimp_after: after, before: stood, after: stands, state_before: was, state_after: is } = state.preview;
  if (!stood || !stands) return <p class="small muted" role="status">No load would change.</p>;
  return (
    <section class="foretold stack" role="status" aria-label="What it would change">
      {activities === 0 ? <p>No activity would have another load. Today:</p> : <p>
        {count(activities, 'activity', 'activities')}{first && ` from ${day(first)} on`} would have another load: together <strong class="figure">{number(before)} → {number(after)}</strong>.
      </p>}
      <Headlines before={stood} after={stands} />
      {was && is && was !== is && <p class="small">Today would be called “{stateWords(is)[1]}”, not “{stateWords(was)[1]}”.</p>}
    </section>
  );
}
