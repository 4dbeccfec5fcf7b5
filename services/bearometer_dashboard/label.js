// The labelling view: draws one text and what the model said of it, and turns keys into answers. Vue writes every value as text.
// Until it is ready the server may not hear: a name given before is sent then, and one half typed is not.
const SENTIMENTS = ["negative", "neutral", "positive"];

export default {
  emits: ["begin", "answer", "skip", "back"],
  props: { ready: Boolean, busy: Boolean, row: Object, left: Number, stored: Number, before: Boolean, topics: Array, trouble: String },
  data: () => ({ name: localStorage.getItem("annotator") || "", begun: false, topic: "", note: "", done: 0, sentiments: SENTIMENTS }),
  mounted() {
    addEventListener("keydown", this.onKey);
  },
  beforeUnmount() {
    removeEventListener("keydown", this.onKey);
  },
  watch: {
    ready() {
      if (this.name === localStorage.getItem("annotator")) this.begin();
    },
    stored(now, earlier) {
      this.done = this.today() + now - earlier;
      localStorage.setItem("labelled", JSON.stringify({ day: this.day(), name: this.name, done: this.done }));
    },
    "row.id"() {
      this.topic = this.note = "";
    },
  },
  methods: {
    begin() {
      localStorage.setItem("annotator", this.name);
      this.begun = true;
      this.done = this.today();
      if (this.ready) this.$emit("begin", this.name);
    },
    day: () => new Date().toDateString(),
    today() {
      const kept = JSON.parse(localStorage.getItem("labelled") || "{}");
      return kept.day === this.day() && kept.name === this.name ? kept.done : 0;
    },
    answer(sentiment) {
      if (sentiment || this.topic) this.$emit("answer", { id: this.row.id, sentiment, topic: this.topic, note: this.note.trim() });
    },
    skip() {
      this.$emit("skip", { id: this.row.id, note: this.note.trim() });
    },
    pickTopic() {
      this.$refs.topic.focus();
      this.$refs.topic.showPicker?.();
    },
    onKey(event) {
      const digit = "1234".indexOf(event.key);
      const typing = event.target.matches("input") || (event.target.matches("select") && digit < 0);
      if (!this.row || !this.begun || typing || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
      const letters = { s: this.skip, b: () => this.$emit("back"), t: this.pickTopic, n: () => this.$refs.note.focus() };
      const act = digit >= 0 ? () => this.answer(SENTIMENTS[digit] || "") : letters[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    },
  },
  template: `
    <section class="desk">
      <form class="who" v-if="!begun" @submit.prevent="begin">
        <h2>Who labels?</h2>
        <p class="quiet">Labels carry your name. Nobody is asked the same text twice.</p>
        <input v-model.trim="name" aria-label="Your name" placeholder="Your name" maxlength="200" required />
        <button class="main">Begin</button>
      </form>
      <template v-else>
        <div class="desk-head">
          <span><b>{{ done }}</b> done today by {{ name }} <button class="plain" @click="begun = false">not you?</button></span>
          <progress :value="done" :max="done + left || 1" aria-hidden="true"></progress>
          <span class="quiet">{{ left }} left of this batch</span>
        </div>
        <p class="wrong" role="alert" v-if="trouble">{{ trouble }}</p>
        <p v-if="!row && busy" class="quiet">Reading…</p>
        <p v-else-if="!row && !trouble">Nothing more to label in this stream for now.</p>
        <p v-if="!row && !busy"><button class="main" @click="$emit('begin', name)">Look again</button></p>
        <template v-if="row">
          <p class="quiet"><b>Why this one:</b> {{ row.why }}</p>
          <blockquote aria-live="polite">{{ row.text }}</blockquote>
          <p class="quiet">{{ row.about }} <a class="act" v-if="row.url" :href="row.url" target="_blank" rel="noopener noreferrer">read it there</a></p>
          <div class="answers">
            <button v-for="(name, k) in sentiments" :key="name" :class="['answer', name]" @click="answer(name)">
              <kbd>{{ k + 1 }}</kbd><b>{{ name }}</b>
              <span class="said">model: {{ row.shares[name] }}&thinsp;%</span>
              <i aria-hidden="true" :style="{ width: row.shares[name] + '%' }"></i>
            </button>
          </div>
          <div class="also">
            <label><kbd>t</kbd> Topic
              <select ref="topic" v-model="topic" @change="$event.target.blur()" @keydown.esc="$event.target.blur()">
                <option value="">no word on it (the model: {{ row.topic }}, {{ row.sure }} %)</option>
                <option v-for="one in topics" :key="one" :value="one">{{ one }}</option>
              </select>
            </label>
            <label><kbd>n</kbd> Note
              <input ref="note" v-model="note" maxlength="2000" @keydown.enter="$event.target.blur()" @keydown.esc="$event.target.blur()" />
            </label>
          </div>
          <div class="others">
            <button :disabled="!topic" @click="answer('')"><kbd>4</kbd> topic alone</button>
            <button @click="skip"><kbd>s</kbd> skip</button>
            <button :disabled="!before" @click="$emit('back')"><kbd>b</kbd> back</button>
          </div>
        </template>
      </template>
    </section>`,
};
