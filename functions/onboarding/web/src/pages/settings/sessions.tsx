import { bodyOf, server } from '../../api/client';
import { useResource } from '../../api/resource';
import { ago } from '../../format/date';
import { deviceName } from '../../format/device';
import { useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Trouble } from '../../ui/notice';
import { Loaded } from '../../ui/state';

/** Where the account is signed in. */
export function Sessions() {
  const sessions = useResource('sessions', () => bodyOf(server.GET('/v1/sessions')));
  const ending = useAction(async (id?: string) => {
    if (id === undefined) await server.DELETE('/v1/sessions');
    else await server.DELETE('/v1/sessions/{id}', { params: { path: { id } } });
    await sessions.reload();
  });
  return (
    <div class="stack">
      <h3>Where you are signed in</h3>
      <Loaded from={sessions} heights={[4]}>
        {({ sessions: open }) => (
          <>
            <ul class="known">
              {open.map((one) => (
                <li key={one.id} class="row apart">
                  <span title={one.device}>{deviceName(one.device)} {one.current ? <span class="tag good">here</span> : <span class="muted small">seen {ago(one.seen_at)}</span>}</span>
                  {!one.current && <Button type="button" kind="quiet" small busy={ending.busy} aria-label={`Sign out: ${deviceName(one.device)}, seen ${ago(one.seen_at)}`} onClick={() => void ending.run(one.id)}>Sign out</Button>}
                </li>
              ))}
            </ul>
            {open.length > 1 && <div class="row"><Button type="button" kind="quiet" small busy={ending.busy} onClick={() => void ending.run()}>Sign out everywhere else</Button></div>}
          </>
        )}
      </Loaded>
      <Trouble error={ending.error} />
    </div>
  );
}
