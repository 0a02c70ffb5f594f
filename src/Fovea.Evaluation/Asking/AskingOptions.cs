using Fovea.Core.Configuration;
using Fovea.Models.Vision;

namespace Fovea.Evaluation.Asking;

/// <summary>How an answer is got from a model.</summary>
public enum AnswerBy
{
    /// <summary>It is generated, greedily.</summary>
    Generation,

    /// <summary>It is the likeliest of the question's choices: one pass in place of one for each token.</summary>
    Likelihood,
}

/// <summary>How questions are asked.</summary>
public sealed record AskingOptions
{
    /// <summary>How an answer is got.</summary>
    public AnswerBy By { get; init; }

    /// <summary>Most tokens of a generated answer.</summary>
    public int MaxNewTokens { get; init; } = 128;

    /// <summary>Most tokens of a batch, padding and answers included; a question that is longer is a batch of its own.</summary>
    public int TokenBudget { get; init; } = 16384;

    /// <summary>Most bytes of images' features that are kept for other questions; no answer depends on it.</summary>
    public long FeatureBytes { get; init; } = ImageFeatureCache.DefaultBytes;

    /// <summary>Ids that end an answer.</summary>
    public IReadOnlyList<int> EndIds { get; init; } = [];

    /// <summary>Hash of all that decides an answer beside its question and images: model, tokenizer, template, options.</summary>
    public string Setting { get; init; } = "";

    /// <summary>Checks ranges.</summary>
    /// <exception cref="FoveaException">A value is out of range, by its key.</exception>
    public void Validate()
    {
        OptionCheck.Require(MaxNewTokens >= 1, "max_new_tokens", "1 or more", MaxNewTokens);
        OptionCheck.Require(TokenBudget >= 1, "token_budget", "1 or more", TokenBudget);
    }
}
