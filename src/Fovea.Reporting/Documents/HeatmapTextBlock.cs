namespace Fovea.Reporting.Documents;

/// <summary>Words coloured by their values beside the image that they describe.</summary>
/// <param name="Caption">What it shows.</param>
/// <param name="Image">The image the model saw, if any.</param>
/// <param name="Twin">The image made uninformative, beside it.</param>
/// <param name="Rows">The same words under one or more scores.</param>

/// <param name="Prompt">The question before the words, if any.</param>
public sealed record HeatmapTextBlock(string Caption, ReportImage? Image, ReportImage? Twin, IReadOnlyList<TokenRow> Rows, string? Prompt = null) : ReportBlock;

/// <summary>Words under one score.</summary>
/// <param name="Name">The score, with its unit.</param>
/// <param name="Tokens">Words in order.</param>
/// <param name="Scale">Which colours.</param>
/// <param name="Limit">
/// Value at the scale's full colour (and its negative, where diverging); null takes the largest magnitude in the row.
/// Give the same limit to every example so that colours compare.
/// </param>

/// <param name="ShowClasses">Whether each word's class is written beneath it; once for the same words is enough.</param>
public sealed record TokenRow(
    string Name, IReadOnlyList<TokenValue> Tokens, HeatScale Scale = HeatScale.Diverging, double? Limit = null, bool ShowClasses = false);

/// <summary>One word.</summary>
/// <param name="Text">The word.</param>
/// <param name="Value">Its score; not-a-number leaves it uncoloured.</param>
/// <param name="Class">Its class (e.g. <c>colour</c>), shown on hover and, where the row says so, beneath the word.</param>

public sealed record TokenValue(string Text, double Value, string? Class = null);

/// <summary>Colours of a heat map.</summary>
public enum HeatScale
{
    /// <summary>Blue below zero, nothing at zero, orange above.</summary>
    Diverging,

    /// <summary>Nothing at zero, green at the limit.</summary>
    Sequential,
}
