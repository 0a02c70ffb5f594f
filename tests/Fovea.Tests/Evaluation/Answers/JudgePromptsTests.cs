using Fovea.Core.Errors;
using Fovea.Evaluation.Answers;
using Fovea.Evaluation.Answers.Judging;
using Xunit;

namespace Fovea.Tests.Evaluation.Answers;

public sealed class JudgePromptsTests : IDisposable
{
    private readonly AnswerFiles _files = new();

    public void Dispose() => _files.Dispose();

    [Fact]
    public void MM_Vets_prompt_is_the_scripts_wording_and_a_line_with_bars()
    {
        var script = _files.Write("evaluator.py", "import x", "prompt = \"\"\"Compare {these}.", "Q | G | P | C", "\"\"\"", "other = '''no'''");
        var questions = _files.Write("mm-vet.json", "{\"v1_0\":{\"question\":\"What is x?\",\"answer\":\"-1<AND>-5\"}}");
        var answers = _files.Write("a.json", "{\"v1_0\":\"x = 3\"}");
        var prompt = Assert.Single(Make("mmvet", ("template", script), ("questions", questions), ("answers", answers)));
        Assert.Equal(("v1_0", "mmvet", "Compare {these}.\nQ | G | P | C\n\nWhat is x? | -1 <AND> -5 | x = 3 | "), (prompt.Id, prompt.Form, prompt.Prompt));
    }

    [Fact]
    public void LLaVA_Benchs_prompt_has_context_question_and_both_answers()
    {
        var rule = _files.Write("rule.json", "{\"llava_bench_conv\":{\"role\":\"Assistant\",\"prompt\":\"Rate them.\"}}");
        var questions = _files.Write("q.jsonl", "{\"question_id\":0,\"image\":\"001.jpg\",\"text\":\"What?\",\"category\":\"conv\"}");
        var context = _files.Write("c.jsonl", "{\"id\":\"001\",\"image\":\"001.jpg\",\"caption\":[\"A hill.\",\"A sea.\"]}");
        var (reference, answers) = (_files.Write("r.jsonl", "{\"question_id\":0,\"prompt\":\"What?\",\"text\":\"Diamond Head.\"}"),
            _files.Write("a.jsonl", "{\"question_id\":0,\"text\":\"A hill.\"}"));
        var prompt = Assert.Single(Make("llava-bench", ("rule", rule), ("questions", questions), ("context", context), ("reference", reference),
            ("answers", answers)));
        Assert.Equal("[Context]\nA hill.\nA sea.\n\n[Question]\nWhat?\n\n[Assistant 1]\nDiamond Head.\n\n[End of Assistant 1]\n\n[Assistant 2]\nA hill.\n\n[End of Assistant 2]\n\n[System]\nRate them.\n\n", prompt.Prompt);
    }

    [Fact]
    public void MMHals_places_are_filled_in_order_and_what_is_filled_in_is_not_filled_again()
    {
        var template = _files.Write("t.txt", "C: {}", "Q: {}", "G: {}", "A: {}");
        var answers = _files.Write("a.json",
            "[{\"image_content\":[\"Cat\",\"Dog\"],\"question\":\"How {many}?\",\"gt_answer\":\"Two {}\",\"model_answer\":\"One\"}]");
        Assert.Equal("C: Cat, Dog\nQ: How {many}?\nG: Two {}\nA: One\n", Assert.Single(Make("mmhal", ("template", template), ("answers", answers))).Prompt);
        var few = _files.Write("few.txt", "{} {}");
        Assert.Contains("expected places", Assert.Throws<InvalidInputException>(() => Make("mmhal", ("template", few), ("answers", answers))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Prompts_are_read_as_they_were_written()
    {
        var path = Path.Combine(_files.Folder, "p.jsonl");
        JudgePrompt[] prompts = [new("VD_x_0", "hallusion", "line\n\"two\" ü"), new("b", "mmvet", "p", "s")];
        JudgeFiles.Write(path, prompts);
        Assert.Equal(prompts, JudgeFiles.ReadPrompts(path));
    }

    private static IReadOnlyList<JudgePrompt> Make(string name, params (string Input, string Path)[] inputs) =>
        JudgePrompts.BuiltIn.Get(name).Make(new AnswerSources(inputs.ToDictionary(i => i.Input, i => i.Path), ""));
}
