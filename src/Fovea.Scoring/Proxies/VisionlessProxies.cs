using Fovea.Core.Extending;

namespace Fovea.Scoring.Proxies;

/// <summary>A visionless proxy as the catalogue lists it.</summary>
/// <param name="Name">What it is asked for by; behind an <c>@</c> may follow an argument.</param>
/// <param name="Help">What is shown, in one line.</param>
/// <param name="Create">Makes it of its argument; null without one.</param>
public sealed record ProxyDefinition(string Name, string Help, Func<string?, VisionlessProxy> Create) : ICatalogued
{
    /// <summary>A proxy without an argument.</summary>
    public static ProxyDefinition Of(string help, VisionlessProxy proxy) => new(proxy.Name, help, argument => argument is null
        ? proxy
        : throw new UsageException($"proxy {proxy.Name}@{argument}: {proxy.Name} takes no argument"));
}

/// <summary>The visionless proxies.</summary>
public static class VisionlessProxies
{
    /// <summary>Those that Fovea has; others are added with <see cref="Catalogue{T}.With"/>.</summary>
    public static Catalogue<ProxyDefinition> BuiltIn { get; } = new("proxy",
        [BlurProxy.Definition, NoneProxy.Definition, BlackProxy.Definition, MeanProxy.Definition, NoiseProxy.Definition, OtherProxy.Definition]);

    /// <summary>Reads a name with its argument, e.g. <c>blur@7.5</c>.</summary>
    /// <exception cref="UsageException">It is not listed, or its argument is not valid.</exception>
    public static VisionlessProxy Parse(this Catalogue<ProxyDefinition> proxies, string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        return at < 0 ? proxies.Get(text).Create(null) : proxies.Get(text[..at]).Create(text[(at + 1)..]);
    }

    /// <summary>The condition that a proxy's name means, or the condition itself where one is given.</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static string ConditionOf(this Catalogue<ProxyDefinition> proxies, string text) =>
        text == Conditions.TextOnlyReference || text.StartsWith(Conditions.Visionless(""), StringComparison.Ordinal) ? text : proxies.Parse(text).Condition;

    /// <summary>Names of proxies, of which the bare <c>blur</c> has the sigma that is given beside them.</summary>
    /// <exception cref="UsageException">A sigma is given, and no bare blur.</exception>
    public static string[] WithSigma(string[] names, double? sigma) => sigma is null ? names
        : names.Contains("blur") ? Array.ConvertAll(names, n => n == "blur" ? string.Create(CultureInfo.InvariantCulture, $"blur@{sigma}") : n)
        : throw new UsageException($"--sigma applies to the blur; give it with --proxy blur, not with {string.Join(", ", names)}");
}
