/** How far something is; without a share it only says that it goes on. */
export function Progress({ share, label }: { share?: number; label: string }) {
  const percent = share === undefined ? undefined : Math.round(100 * Math.min(1, Math.max(0, share)));
  return (
    <div class={percent === undefined ? 'progress unknown' : 'progress'} role="progressbar" aria-label={label} aria-valuenow={percent} aria-valuemin={0} aria-valuemax={100}>
      <div style={percent === undefined ? undefined : { width: `${percent}%` }} />
    </div>
  );
}
