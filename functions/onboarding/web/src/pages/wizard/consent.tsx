import { server } from '../../api/client';
import { useConsents } from '../../api/queries';
import { submitting, useAction } from '../../ui/action';
import { Button } from '../../ui/button';
import { Check } from '../../ui/field';
import { Trouble } from '../../ui/notice';
import { Loaded } from '../../ui/state';
import { DocumentText } from '../documents/document';

/** Asks for the agreements that are missing, or whose text has changed since; each can be read in place. */
export function ConsentStep({ reload }: { reload: () => Promise<void> }) {
  const consents = useConsents();
  const agreeing = useAction(async (values: FormData) => {
    for (const { document, version } of consents.data?.documents ?? []) {
      if (values.has(document)) await server.PUT('/v1/consents/{document}', { params: { path: { document } }, body: { version } });
    }
    await Promise.all([consents.reload(), reload()]);
  });
  return (
    <Loaded from={consents} heights={[16]}>
      {({ documents }) => {
        const due = documents.filter((one) => one.accepted_version !== one.version);
        return (
          <form class="card stack" onSubmit={submitting(agreeing.run)}>
            <h2>Your agreement</h2>
            <p class="muted">Load is computed from heart rates, and those are health data: we ask before we read any. You may take an agreement back in the settings at any time.</p>
            {due.map((one) => (
              <div key={one.document} class="stack agreement">
                <Check
                  name={one.document} required={one.required}
                  label={<>{one.accepted_version ? 'The text has changed. ' : ''}I agree: <strong>{one.title}</strong>{one.required ? '' : ' (optional)'}</>}
                />
                <details><summary>Read it (version {one.version})</summary><div class="stack"><DocumentText text={one.text} /></div></details>
              </div>
            ))}
            <Trouble error={agreeing.error} />
            <Button busy={agreeing.busy} wide>Agree and go on</Button>
          </form>
        );
      }}
    </Loaded>
  );
}
