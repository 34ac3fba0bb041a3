const form = document.querySelector("form.search");
if (form) {
  const rows = [...document.querySelectorAll("tbody tr")];
  const words = document.getElementById("words");
  const choices = [...form.querySelectorAll("select")];
  const fold = (text) => text.normalize("NFKC").toLowerCase();
  const show = () => {
    const asked = fold(words.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = fold(row.textContent);
      const fits = asked.every((word) => text.includes(word))
        && choices.every((choice) => !choice.value || row.dataset[choice.dataset.column] === choice.value);
      row.hidden = !fits;
      shown += fits;
    }
    document.getElementById("shown").textContent = shown;
  };
  form.hidden = false;
  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
}
