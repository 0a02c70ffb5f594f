using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Fovea.Core.Randomness;

/// <summary>
/// Random draws that depend only on (seed, stage, index): xoshiro256** seeded from their SHA-256.
/// There is no process-wide generator; every draw comes from a stream of its own, so that resuming and reordering change nothing.
/// </summary>
public sealed class RandomSource
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>Opens the stream of (seed, stage, index).</summary>
    public RandomSource(long seed, string stage, long index = 0)
    {
        var name = Encoding.UTF8.GetBytes(stage);
        var key = new byte[16 + name.Length];
        BinaryPrimitives.WriteInt64LittleEndian(key, seed);
        BinaryPrimitives.WriteInt64LittleEndian(key.AsSpan(8), index);
        name.CopyTo(key, 16);
        Span<byte> hash = stackalloc byte[32];
        SHA256.HashData(key, hash);
        _s0 = BinaryPrimitives.ReadUInt64LittleEndian(hash);
        _s1 = BinaryPrimitives.ReadUInt64LittleEndian(hash[8..]);
        _s2 = BinaryPrimitives.ReadUInt64LittleEndian(hash[16..]);
        _s3 = BinaryPrimitives.ReadUInt64LittleEndian(hash[24..]) | 1;
    }

    /// <summary>64 random bits.</summary>
    public ulong NextBits()
    {
        var result = ulong.RotateLeft(_s1 * 5, 7) * 9;
        var t = _s1 << 17;
        _s2 ^= _s0;
        _s3 ^= _s1;
        _s1 ^= _s2;
        _s0 ^= _s3;
        _s2 ^= t;
        _s3 = ulong.RotateLeft(_s3, 45);
        return result;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double NextDouble() => (NextBits() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, <paramref name="below"/>), without modulo bias.</summary>
    public int Next(int below)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(below);
        var limit = ulong.MaxValue - ((ulong.MaxValue % (ulong)below) + 1) % (ulong)below;
        ulong bits;
        do
        {
            bits = NextBits();
        }
        while (bits > limit);
        return (int)(bits % (ulong)below);
    }

    /// <summary>True with probability <paramref name="p"/>.</summary>
    public bool Chance(double p) => NextDouble() < p;

    /// <summary>Standard normal (Box and Muller).</summary>
    public double NextGaussian() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>A random permutation of 0 .. n-1 (Fisher and Yates).</summary>
    public int[] Permutation(int n)
    {
        var order = new int[n];
        for (var i = 0; i < n; i++)
        {
            var j = Next(i + 1);
            order[i] = order[j];
            order[j] = i;
        }

        return order;
    }

    /// <summary>A uniformly drawn element.</summary>
    public T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];
}
