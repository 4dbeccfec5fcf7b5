// Draws a short list: a mark, what it is about, and a figure. Vue writes every value as text.
export default {
  props: { rows: Array },
  template: `
    <ul class="rows">
      <li v-for="row in rows" :key="row.name" :class="row.state" :title="row.detail">
        <span aria-hidden="true">{{ row.state === "good" ? "✓" : "✗" }}</span>
        <span class="subject"><span class="unseen">{{ row.state }}: </span>{{ row.name }}</span>
        <span class="figure">{{ row.figure }}</span>
        <span class="detail" v-if="row.state !== 'good'">{{ row.detail }}</span>
      </li>
    </ul>`,
};
