// Search filters (RFC 4511 §4.5.1.7) as plain values. Their bytes and their text are in the codec, what they
// match is in the schema.

export type Filter =
  | { readonly type: 'and' | 'or'; readonly filters: readonly Filter[] }
  | { readonly type: 'not'; readonly filter: Filter }
  | {
      readonly type: 'equalityMatch' | 'greaterOrEqual' | 'lessOrEqual' | 'approxMatch';
      readonly attribute: string;
      readonly value: string;
    }
  /** Without parts, or with an empty one, it is Undefined. */
  | {
      readonly type: 'substrings';
      readonly attribute: string;
      readonly initial: string | undefined;
      readonly any: readonly string[];
      readonly final: string | undefined;
    }
  | { readonly type: 'present'; readonly attribute: string }
  /** With neither a rule nor an attribute it is Undefined. */
  | {
      readonly type: 'extensibleMatch';
      readonly rule: string | undefined;
      readonly attribute: string | undefined;
      readonly value: string;
      readonly dnAttributes: boolean;
    };
