namespace Fovea.Data.Templates;

/// <summary>A template that writes an opening, then each question and its answer in turn.</summary>
public abstract class TurnTemplate : ChatTemplate
{
    /// <summary>What is between a question and its answer and belongs to the target, e.g. the blank behind a colon.</summary>
    protected virtual string BeforeAnswer => "";

    /// <summary>What follows an answer's end and carries no loss.</summary>
    protected virtual string BehindAnswer => "";

    /// <summary>What comes before the first question.</summary>
    /// <param name="system">The system turn's text; null without one.</param>
    protected abstract string Opening(string? system);

    /// <summary>A question up to where its answer begins.</summary>
    protected abstract string Question(string text);

    protected sealed override RenderedChat RenderValid(Sample sample, int? promptTurn)
    {
        var (system, exchanges) = Parts(sample);
        var writer = new ChatWriter().Write(Opening(system));
        foreach (var exchange in exchanges)
        {
            writer.Write(Question(exchange.Question));
            if (exchange.Turn == promptTurn)
            {
                break;
            }

            writer.WriteAnswer(exchange.Turn, BeforeAnswer, exchange.Answer, EndText).Write(BehindAnswer);
        }

        return writer.Finish();
    }
}
