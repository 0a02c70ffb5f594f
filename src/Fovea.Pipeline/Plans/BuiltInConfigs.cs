using Fovea.Core.Errors;

namespace Fovea.Pipeline.Plans;

/// <summary>The shipped configurations that <c>demo</c> runs, embedded so that the command works from any folder.</summary>
public static class BuiltInConfigs
{
    /// <summary>Text of a configuration from <c>configs/</c>.</summary>
    public static string Read(string name)
    {
        using var stream = typeof(BuiltInConfigs).Assembly.GetManifestResourceStream("configs/" + name)
            ?? throw new FoveaException($"{name}: not built into this program");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
