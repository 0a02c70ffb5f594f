namespace Fovea.Data.Templates;

/// <summary>
/// Mistral v0.3's Jinja: <c>&lt;s&gt;[INST] q[/INST] a&lt;/s&gt;[INST] ...</c>; answers are stripped. It writes the system text before the last
/// question of a prompt and, since a training text ends with an answer, not at all there.
/// </summary>
internal sealed class MistralInstructTemplate : ChatTemplate
{
    public override string Name => "mistral_instruct";

    public override string Help => "Mistral v0.3";

    public override bool AddsSpecialTokens => false;

    public override string EndText => "</s>";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        var writer = new ChatWriter().Write("<s>");
        foreach (var exchange in exchanges)
        {
            if (exchange.Turn == promptTurn)
            {
                writer.Write($"[INST] {(system is null ? "" : system + "\n\n")}{exchange.Question}[/INST]");
                break;
            }

            var answer = Blanks.Strip(exchange.Answer);
            var leading = answer.Length == 0 ? 0 : exchange.Answer.IndexOf(answer, StringComparison.Ordinal);
            writer.Write($"[INST] {exchange.Question}[/INST]").WriteAnswer(exchange.Turn, " ", answer, EndText, leading);
        }

        return writer.Finish();
    }
}

/// <summary>SOLO's: the images, then <c>&lt;s&gt;[INST] q [/INST]</c>, <c>a&lt;/s&gt;</c>, ..., each tokenized on its own.</summary>
internal sealed class SoloTemplate : ChatTemplate
{
    public override string Name => "solo";

    public override string Help => "SOLO: images first, then [INST] question [/INST] answer";

    public override IReadOnlyList<string> Models => ["solo"];

    public override bool AddsSpecialTokens => false;

    public override string EndText => "</s>";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        if (system is not null)
        {
            throw Refuses(sample, "system_not_supported", "has no place for a system turn; remove it or use llava_v1");
        }

        var writer = new ChatWriter().Write(string.Concat(Enumerable.Repeat(ImageTag.Text, sample.Images.Count)));
        var begin = "<s>";
        foreach (var exchange in exchanges)
        {
            writer.Cut().Write($"{begin}[INST] {Blanks.Strip(ImageTag.RemoveWithLineBreak(exchange.Question))} [/INST]");
            begin = "";
            if (exchange.Turn == promptTurn)
            {
                break;
            }

            writer.Cut().WriteAnswer(exchange.Turn, "", exchange.Answer, EndText);
        }

        return writer.Finish();
    }
}
