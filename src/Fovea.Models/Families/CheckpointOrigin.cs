namespace Fovea.Models.Families;

/// <summary>Where a loaded model came from, so that it is written in the same form.</summary>
/// <param name="Layout">Key layout, in words.</param>
/// <param name="Files">Stems and the tensors under each.</param>
/// <param name="Documents">Configuration files.</param>
internal sealed record CheckpointOrigin(string Layout, IReadOnlyList<OriginFile> Files, IReadOnlyList<ConfigDocument> Documents);

/// <summary>Tensors that are written together: names in the file, and the parameters'.</summary>
internal sealed record OriginFile(string Stem, IReadOnlyList<(string Stored, string Parameter)> Tensors);
