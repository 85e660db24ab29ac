import { bodyOf, server, type Schemas } from '../../api/client';
import { useResource } from '../../api/resource';
import { Page } from '../../ui/page';
import { Loaded } from '../../ui/state';

export const TermsPage = () => <DocumentPage name="terms" title="Terms" />;
export const PrivacyPage = () => <DocumentPage name="privacy" title="Privacy notice" />;
export const HealthDataPage = () => <DocumentPage name="health_data" title="Use of health data" />;

/** A text that one agrees to, for everybody to read. */
function DocumentPage({ name, title }: { name: Schemas['DocumentText']['document']; title: string }) {
  const found = useResource(`document ${name}`, () => bodyOf(server.GET('/v1/documents/{document}', { params: { path: { document: name } } })));
  return (
    <Page title={found.data?.title ?? title} narrow>
      <Loaded from={found} heights={[20]}>
        {(document) => <article class="card stack"><p class="small muted">Version {document.version}</p><DocumentText text={document.text} /></article>}
      </Loaded>
    </Page>
  );
}

/** A document's text: paragraphs apart by an empty line, `# ` before a heading, `- ` before the points of a list. */
export function DocumentText({ text }: { text: string }) {
  return (
    <>
      {text.trim().split(/\n\s*\n/).map((block, i) => {
        if (/^#+ /.test(block)) return <h2 key={i}>{block.replace(/^#+ /, '')}</h2>;
        if (/^- /.test(block)) return <ul key={i} class="points">{block.split(/\n(?=- )/).map((point) => <li key={point}>{point.replace(/^- /, '')}</li>)}</ul>;
        return <p key={i}>{block}</p>;
      })}
    </>
  );
}
