using Fovea.Core.Json;

namespace Fovea.Models.Families;

/// <summary>A configuration file.</summary>
/// <param name="Path">Where a copy is written, in the model's folder.</param>
/// <param name="File">Where it was read; null for a new model's.</param>
/// <param name="Json">Its object.</param>
internal sealed record ConfigDocument(string Path, string? File, JsonObject Json)
{
    public ConfigDocument(string path, ForeignJson json)
        : this(path, json.File, json.ToObject())
    {
    }
}
