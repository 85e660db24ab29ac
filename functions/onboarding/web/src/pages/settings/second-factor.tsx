import { useEffect, useState } from 'preact/hooks';
import { bodyOf, server, type Schemas } from '../../api/client';
import { Refused } from '../../api/problem';
import { recallSession, who } from '../../app/session';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Dialog } from '../../ui/dialog';
import { Field } from '../../ui/field';
import { useGuarded } from '../../ui/guarded';
import { Trouble } from '../../ui/notice';
import { saveText } from '../../ui/save';
import { Kept } from './kept';

/** The second factor: a code of an authenticator app beside the password. */
export function SecondFactor() {
  const set = who.value?.second_factor;
  const [begun, setBegun] = useState<Schemas['NewSecondFactor']>();
  const [codes, setCodes] = useState<string[]>();
  const [removing, setRemoving] = useState(false);
  const beginning = useGuarded(async () => setBegun(await bodyOf(server.POST('/v1/second-factor'))));
  const renewing = useGuarded(async () => setCodes((await bodyOf(server.POST('/v1/second-factor/recovery-codes'))).recovery_codes));
  const shown = async (recovery: string[]) => {
    setBegun(undefined);
    setCodes(recovery);
    await recallSession();
  };
  return (
    <Kept
      name="Second factor" more={set ? 'A code of your authenticator app is asked for when you sign in.' : 'A code of an authenticator app beside the password: who knows the password alone stays out.'}
      actions={set
        ? <>
          <Button type="button" kind="quiet" small busy={renewing.busy} onClick={() => void renewing.run()}>New recovery codes</Button>
          <Button type="button" kind="quiet" small onClick={() => setRemoving(true)}>Turn off</Button>
        </>
        : <Button type="button" kind="quiet" small busy={beginning.busy} onClick={() => void beginning.run()}>Set it up</Button>}
    >
      <Trouble error={beginning.error ?? renewing.error} />
      {beginning.question}
      {renewing.question}
      {begun && <Begun factor={begun} onClose={() => setBegun(undefined)} onSet={shown} />}
      {codes && <Codes codes={codes} onClose={() => setCodes(undefined)} />}
      {removing && <Remove onClose={() => setRemoving(false)} />}
    </Kept>
  );
}

interface BegunProps {
  factor: Schemas['NewSecondFactor'];
  onClose: () => void;
  onSet: (codes: string[]) => Promise<void>;
}

function Begun({ factor, onClose, onSet }: BegunProps) {
  const confirming = useGuarded(async (values: FormData) => {
    await onSet((await bodyOf(server.PUT('/v1/second-factor', { body: { code: String(values.get('code')) } }))).recovery_codes);
  });
  const wrong = confirming.error instanceof Refused ? confirming.error.field('code') : undefined;
  return (
    <Dialog title="Set up the second factor" onClose={onClose} actions={<><Button type="button" kind="quiet" onClick={onClose}>Cancel</Button><Button form="factor" busy={confirming.busy}>Turn on</Button></>}>
      <p>Scan this with an authenticator app, then give the code that it shows.</p>
      <QR text={factor.uri} />
      <p class="small muted">On this device? <a href={factor.uri}>Open your app</a>, or type the secret: <code class="secret">{factor.secret.replace(/(.{4})(?=.)/g, '$1 ')}</code></p>
      <form id="factor" onSubmit={submitting(confirming.run)}>
        <Field label="Code" name="code" autocomplete="one-time-code" inputMode="numeric" required maxLength={16} hint="Six digits. Everywhere else you are signed out." wrong={wrong} />
      </form>
      {!wrong && <Trouble error={confirming.error} />}
      {confirming.question}
    </Dialog>
  );
}

/** A text as a QR code, drawn by code that comes when it is first needed; the secret stands beside it anyway. */
function QR({ text }: { text: string }) {
  const [drawn, setDrawn] = useState<{ size: number; path: string }>();
  useEffect(() => {
    Promise.all([import('lean-qr'), import('lean-qr/extras/svg')]).then(([{ generate }, { toSvgPath }]) => {
      const code = generate(text);
      setDrawn({ size: code.size, path: toSvgPath(code) });
    }, () => {});
  }, [text]);
  const quiet = 4; // the empty border that scanners demand, in modules
  return (
    <svg class="qr" viewBox={drawn && `${-quiet} ${-quiet} ${drawn.size + 2 * quiet} ${drawn.size + 2 * quiet}`} role="img" aria-label="QR code for an authenticator app">
      {drawn && <path d={drawn.path} />}
    </svg>
  );
}

/** Recovery codes are seen once. */
function Codes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const copying = useAction(() => navigator.clipboard.writeText(codes.join('\n')));
  const [copied, setCopied] = useState(false);
  const text = `Recovery codes for Train-D. Each lets you in once, in place of a code of your authenticator.\n\n${codes.join('\n')}\n`;
  return (
    <Dialog
      title="Your recovery codes" onClose={onClose}
      actions={<>
        <Button type="button" kind="quiet" busy={copying.busy} onClick={() => void copying.run().then(() => setCopied(true))}>{copied && !copying.error ? 'Copied' : 'Copy'}</Button>
        <Button type="button" kind="quiet" onClick={() => saveText(text, 'text/plain', 'train-d-recovery-codes.txt')}>Save as a file</Button>
        <Button type="button" onClick={onClose}>I have kept them</Button>
      </>}
    >
      <p>Each lets you in once when your authenticator is lost. Keep them where you find them then: they are shown now and never again, and those from before no longer count.</p>
      <ol class="codes" aria-label="Recovery codes">{codes.map((code) => <li key={code}><code>{code}</code></li>)}</ol>
    </Dialog>
  );
}

function Remove({ onClose }: { onClose: () => void }) {
  const removing = useGuarded(async () => {
    await server.DELETE('/v1/second-factor');
    onClose();
    await recallSession();
  });
  return (
    <Dialog title="Turn the second factor off?" onClose={onClose} actions={<><Button type="button" kind="quiet" onClick={onClose}>Keep it</Button><Button type="button" kind="danger" busy={removing.busy} onClick={() => void removing.run()}>Turn off</Button></>}>
      <p>Your password alone lets you in then, and the recovery codes no longer count.</p>
      <Trouble error={removing.error} />
      {removing.question}
    </Dialog>
  );
}
