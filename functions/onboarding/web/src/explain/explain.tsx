import { useState } from 'preact/hooks';
import { Button } from '../ui/button';
import { Dialog } from '../ui/dialog';
import { metrics, type Explanation, type Metric } from './metrics';

/** A small button that tells what a figure means. */
export function Explain({ metric }: { metric: Metric }) {
  const [open, setOpen] = useState(false);
  const { title, text, source }: Explanation = metrics[metric];
  return (
    <>
      <button type="button" class="explain" aria-label={`What is “${title}”?`} onClick={() => setOpen(true)}>?</button>
      {open && (
        <Dialog title={title} onClose={() => setOpen(false)} actions={<Button type="button" onClick={() => setOpen(false)}>Close</Button>}>
          {text.map((paragraph) => <p key={paragraph}>{paragraph}</p>)}
          {source && <p class="small muted">Source: {source}</p>}
        </Dialog>
      )}
    </>
  );
}
