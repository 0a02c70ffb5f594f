using Fovea.Core.Samples;

namespace Fovea.Data.Templates;

/// <summary>
/// ChatML as Qwen2.5's Jinja writes it: <c>&lt;|im_start|&gt;role\ntext&lt;|im_end|&gt;\n</c> for every turn. The line break behind an answer's end token carries no loss:
/// a model stops before it. <c>chatml_bare</c> writes no system turn where the sample has none.
/// </summary>
internal sealed class ChatMlTemplate(bool writesDefaultSystem) : ChatTemplate
{
    private const string DefaultSystem = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant.";

    public override string Name => writesDefaultSystem ? "chatml" : "chatml_bare";

    public override bool AddsSpecialTokens => false;

    public override string EndText => "<|im_end|>";

    protected override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        var writer = new ChatWriter();
        if ((system ?? (writesDefaultSystem ? DefaultSystem : null)) is { } text)
        {
            writer.Write($"<|im_start|>system\n{text}{EndText}\n");
        }

        foreach (var exchange in exchanges)
        {
            writer.Write($"<|im_start|>user\n{exchange.Question}{EndText}\n<|im_start|>assistant\n");
            if (exchange.Turn == promptTurn)
            {
                break;
            }

            writer.WriteAnswer(exchange.Turn, "", exchange.Answer, EndText).Write("\n");
        }

        return writer.Finish();
    }
}
