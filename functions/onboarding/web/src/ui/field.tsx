import type { ComponentChildren, InputHTMLAttributes } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { capital } from '../format/text';

interface Shared {
  label: ComponentChildren;
  hint?: ComponentChildren;
  /** What is wrong with the value. */
  wrong?: string;
}

interface Described {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

/** Label, control, hint and mistake, tied together for those who listen. */
export function Labelled({ label, hint, wrong, children }: Shared & { children: (control: Described) => ComponentChildren }) {
  const id = useId();
  const described = [hint ? `${id}-hint` : '', wrong ? `${id}-wrong` : ''].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': wrong ? true : undefined })}
      {hint && <div class="hint" id={`${id}-hint`}>{hint}</div>}
      {wrong && <div class="wrong" id={`${id}-wrong`}>{capital(wrong)}</div>}
    </div>
  );
}

interface InputProps extends Shared {
  name: string;
  type?: 'text' | 'email' | 'password' | 'number' | 'date';
  /** The value to begin with. */
  value?: string | number;
  required?: boolean;
  min?: number | string;
  max?: number | string;
  step?: number | 'any';
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  autocomplete?: string;
  inputMode?: 'numeric' | 'decimal' | 'text';
  onInput?: (event: InputEvent & { currentTarget: HTMLInputElement }) => void;
  /** Written behind the input. */
  unit?: string;
  /** Takes the focus when it appears, as a question that follows an answer. */
  focused?: boolean;
}

/** A labelled input, with its unit behind it where it has one. What was typed stays when the form is drawn again. */
export function Field({ label, hint, wrong, unit, focused, value, ...input }: InputProps) {
  const element = useRef<HTMLInputElement>(null);
  useEffect(() => void (focused && element.current?.focus()), []);
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(control) => {
        const box = <input ref={element} {...({ ...input, ...control, defaultValue: value } as InputHTMLAttributes<HTMLInputElement>)} />;
        return unit ? <div class="with-unit">{box}<span class="muted">{unit}</span></div> : box;
      }}
    </Labelled>
  );
}

interface SelectProps extends Shared {
  name: string;
  /** The value to begin with. */
  value?: string;
  options: readonly (readonly [value: string, text: string])[];
  onChange?: (event: Event & { currentTarget: HTMLSelectElement }) => void;
}

/** A labelled choice of one. */
export function Select({ label, hint, wrong, options, value, ...select }: SelectProps) {
  return (
    <Labelled label={label} hint={hint} wrong={wrong}>
      {(control) => (
        <select {...select} {...control}>
          {options.map(([key, text]) => <option key={key} value={key} selected={key === value}>{text}</option>)}
        </select>
      )}
    </Labelled>
  );
}

interface CheckProps extends Pick<Shared, 'label' | 'wrong'> {
  name: string;
  /** Whether it is ticked to begin with. */
  checked?: boolean;
  required?: boolean;
  onChange?: (event: Event & { currentTarget: HTMLInputElement }) => void;
}

/** A labelled box to tick. What was ticked stays when the form is drawn again. */
export function Check({ label, wrong, checked, ...input }: CheckProps) {
  const id = useId();
  return (
    <div class="field check">
      <input {...input} type="checkbox" defaultChecked={checked} id={id} aria-invalid={wrong ? true : undefined} aria-describedby={wrong ? `${id}-wrong` : undefined} />
      <label for={id}>{label}</label>
      {wrong && <div class="wrong" id={`${id}-wrong`}>{capital(wrong)}</div>}
    </div>
  );
}
