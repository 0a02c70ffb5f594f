using Fovea.Core.Extending;

namespace Fovea.Models.Guidance;

/// <summary>A decoding method as the catalogue lists it.</summary>
/// <param name="Name">What it is asked for by; behind an <c>@</c> may follow settings, <c>vcd@alpha=0.5,beta=0.2</c>.</param>
/// <param name="Help">What it does, and its settings with their defaults, in one line.</param>
/// <param name="Keys">Its settings.</param>
/// <param name="Create">Makes it.</param>
public sealed record DecodingDefinition(string Name, string Help, IReadOnlyCollection<string> Keys, Func<DecodingRequest, DecodingMethod> Create) : ICatalogued;

/// <summary>What a decoding method is made from.</summary>
/// <param name="Settings">By key.</param>
/// <param name="Proxy">A visionless proxy by its name.</param>
public sealed record DecodingRequest(IReadOnlyDictionary<string, string> Settings, Func<string, ContrastImages> Proxy)
{
    /// <summary>Whether a setting is given.</summary>
    public bool Has(string key) => Settings.ContainsKey(key);

    /// <summary>A text.</summary>
    public string Text(string key, string otherwise) => Settings.GetValueOrDefault(key, otherwise);

    /// <summary>A number.</summary>
    /// <exception cref="UsageException">It is none, or out of range.</exception>
    public double Number(string key, double otherwise, double atLeast, double atMost = double.MaxValue) => !Settings.TryGetValue(key, out var text) ? otherwise
        : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && number >= atLeast && number <= atMost ? number
        : throw Wrong(key, "a number", atLeast, atMost, text);

    /// <summary>A whole number.</summary>
    /// <exception cref="UsageException">It is none, or out of range.</exception>
    public int Whole(string key, int otherwise, int atLeast, int atMost = int.MaxValue) => !Settings.TryGetValue(key, out var text) ? otherwise
        : int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= atLeast && number <= atMost ? number
        : throw Wrong(key, "a whole number", atLeast, atMost, text);

    /// <summary>Whole numbers with <c>+</c> between them; null where none are given.</summary>
    /// <exception cref="UsageException">One is none, or below 0.</exception>
    public IReadOnlyList<int>? Wholes(string key) => !Settings.TryGetValue(key, out var text) ? null
        : [.. text.Split('+').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"decoding: '{key}': expected whole numbers with + between them, e.g. 1415+2533, got '{Quoted.Shorten(text)}'"))];

    private static UsageException Wrong(string key, string what, double atLeast, double atMost, string got) => new(string.Create(CultureInfo.InvariantCulture,
        $"decoding: '{key}': expected {what} of at least {atLeast}{(atMost < int.MaxValue ? $" and at most {atMost}" : "")}, got '{Quoted.Shorten(got)}'"));
}
