using Fovea.Models.Configs;
using Fovea.Models.Decoders;
using static TorchSharp.torch;

namespace Fovea.Models.Vision;

/// <summary>A vision tower: what makes features of pixels, token by token.</summary>
internal interface ITower : IDisposable
{
    /// <summary>Shape.</summary>
    VisionConfig Config { get; }

    /// <summary>Types of the matrix products.</summary>
    MatmulPolicy Policy { get; set; }

    /// <summary>Set during a training pass with gradient checkpointing.</summary>
    Recomputation? Recomputation { get; set; }

    /// <summary>The linear maps that can carry an adapter.</summary>
    IEnumerable<Linear> Linears { get; }

    /// <summary>Hidden states: <c>[images, 3, height, width]</c> -> <c>[images, tokens, hidden]</c> for each depth.</summary>
    /// <param name="pixelValues">Of images.</param>
    /// <param name="depths">After how many blocks; 0 for a tower without blocks.</param>
    Tensor[] States(Tensor pixelValues, IReadOnlyList<int> depths);
}
