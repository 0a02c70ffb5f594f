namespace Fovea.Training.Options;

/// <summary>What a run learns.</summary>
public enum ObjectiveKind
{
    /// <summary>The weighted next token.</summary>
    NextToken,

    /// <summary>Which caption of a batch belongs to which image.</summary>
    Contrastive,
}
