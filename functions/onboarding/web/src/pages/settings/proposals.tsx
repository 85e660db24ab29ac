import { bodyOf, server, type Schemas } from '../../api/client';
import { day } from '../../format/date';
import { number } from '../../format/number';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Notice, Trouble } from '../../ui/notice';
import { Foretold } from './foretold';
import { sportGroups } from './threshold-kinds';

type Settings = Schemas['Settings'];
type Proposal = Schemas['Proposal'];

interface Props {
  settings: Settings;
  /** Called when a proposal was taken or refused. */
  onSaved: (settings: Settings) => void;
}

/** Better maximum heart rates, by what was recorded: each is taken or refused. */
export function Proposals({ settings, onSaved }: Props) {
  const refusing = useAction(async () => {
    await server.DELETE('/v1/settings/proposals/max_hr');
    onSaved(settings);
  });
  return (
    <>
      {settings.proposals.map((one) => <One key={one.sport ?? ''} proposal={one} refusing={refusing.busy} onRefuse={() => void refusing.run()} onSaved={onSaved} />)}
      <Trouble error={refusing.error} />
    </>
  );
}

interface OneProps {
  proposal: Proposal;
  refusing: boolean;
  onRefuse: () => void;
  onSaved: Props['onSaved'];
}

function One({ proposal, refusing, onRefuse, onSaved }: OneProps) {
  const { value, current, sport, effective_from: from, activity_id: id, local_day: shown } = proposal;
  const patch = { thresholds: { max_hr: value, effective_from: from, ...(sport && { sport }) } };
  const taking = useAction(async () => onSaved(await bodyOf(server.PATCH('/v1/settings', { body: patch }))));
  return (
    <Notice
      kind="info" title={`Your heart beat faster than the maximum in use${sport ? ` for ${sportGroups[sport] ?? sport}` : ''}`}
      actions={<>
        <Button type="button" small busy={taking.busy} onClick={() => void taking.run()}>{`Use ${number(value)} bpm`}</Button>
        <Button type="button" kind="quiet" small busy={refusing} onClick={onRefuse}>It was no heartbeat of mine</Button>
      </>}
    >
      <div class="stack">
        <p><a href={`/activities/${id}`}>On {day(shown)}</a> it reached {number(value)} bpm; loads are computed with {number(current)}. With a maximum that is too low they come out too high.</p>
        <Foretold patch={patch} />
        <Trouble error={taking.error} />
      </div>
    </Notice>
  );
}
